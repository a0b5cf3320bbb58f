using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>
/// The policies of a user's folders. All sources are compiled, which runs nothing of them; only what is added to a catalog
/// is run. A file with an error stops the runs that name a policy of it; others are told.
/// </summary>
internal sealed class PolicyFiles
{
    private readonly PolicyFile[] _files;

    /// <summary>Reads and compiles the files of some folders, in order of path.</summary>
    public PolicyFiles(IEnumerable<string> folders, CompilationCache cache) =>
        _files = [.. ExtensionFile.PathsIn(folders).Select(path => new PolicyFile(path, cache))];

    /// <summary>SHA-256 of each file.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Hashes =>
        [.. _files.Select(file => KeyValuePair.Create(file.Path, file.Hash))];

    /// <summary>What the files declare.</summary>
    public IReadOnlyList<DeclaredPolicy> Declared => [.. _files.SelectMany(file => file.Declared)];

    /// <summary>A catalog that has policies of these files as well.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="named">The policies of the run.</param>
    /// <param name="loadAll">Whether to load all files; else those with a policy that is named and that the catalog lacks.</param>
    /// <param name="tell">Gets what was loaded, and what is wrong with files that the run does not need.</param>
    /// <exception cref="UserErrorException">A file with a policy that is named cannot be used.</exception>
    public PolicyCatalog AddTo(
        PolicyCatalog catalog,
        IReadOnlyCollection<NamedPolicy> named,
        bool loadAll,
        Action<string> tell
    )
    {
        var missing = named
            .Where(policy => !policy.IsIn(catalog))
            .Select(policy => policy.Name)
            .ToHashSet(StringComparer.Ordinal);
        var chosen = Array.FindAll(
            _files,
            file =>
                file.Problem is null
                && (loadAll || file.Declared.Any(policy => missing.Contains(policy.Name)))
        );
        foreach (var file in chosen)
        {
            catalog = file.AddTo(catalog);
        }

        RequireUsable(catalog, named);
        TellProblems(tell);
        var loaded = chosen.Where(file => file.Problem is null && file.Declared.Count > 0);
        if (loaded.Any())
        {
            tell($"loaded {string.Join(", ", loaded.Select(file => file.Path))}");
        }

        RequireKnown(catalog, named);
        return catalog;
    }

    /// <summary>Tells the first line of what is wrong with each file.</summary>
    public void TellProblems(Action<string> tell)
    {
        foreach (var problem in _files.Select(file => file.Problem).OfType<string>())
        {
            var lines = problem.Split('\n');
            var more = lines.Length > 1 ? $" (and {lines.Length - 1} more)" : "";
            tell($"warning: left out {lines[0]}{more}");
        }
    }

    private void RequireUsable(PolicyCatalog catalog, IEnumerable<NamedPolicy> named)
    {
        var problems = _files
            .Where(file => file.Problem is not null && named.Any(policy => IsNeeded(file, policy)))
            .Select(file => file.Problem);
        if (problems.Any())
        {
            throw new UserErrorException(string.Join('\n', problems));
        }

        // A file that compiles says what it declares; one that does not may be what a name without a policy means.
        bool IsNeeded(PolicyFile file, NamedPolicy policy) =>
            file.IsAbout(policy.Name) && (file.Declared.Count > 0 || !policy.IsIn(catalog));
    }

    /// <summary>A misspelt policy of a file that was not loaded deserves a hint too.</summary>
    private void RequireKnown(PolicyCatalog catalog, IEnumerable<NamedPolicy> named)
    {
        foreach (var policy in named.Where(policy => catalog.All.All(known => known.Name != policy.Name)))
        {
            var names = catalog
                .All.Select(known => (known.Name, known.Decisions))
                .Concat(Declared.Select(known => (known.Name, known.Decisions)))
                .Where(known => known.Decisions.HasFlag(policy.Decision))
                .Select(known => known.Name)
                .Concat(policy.Decision == PolicyDecisions.OutputPredictor ? ["none", "oracle"] : []);
            var decision = string.Concat(PolicyDecisionNames.Of(policy.Decision).Select(name => name + ": "));
            throw new UserErrorException(
                $"{decision}there is no policy '{policy.Name}'.{Suggestion.For(policy.Name, names)} "
                    + "`llmsim policies` lists them."
            );
        }
    }
}
