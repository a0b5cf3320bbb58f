using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>A file of a user's policies. Its code runs when it is added to a catalog.</summary>
internal sealed class PolicyFile
{
    private readonly ExtensionFile _file;

    /// <summary>Reads a file, compiles it if it is a source, and reads what it declares.</summary>
    public PolicyFile(string path, CompilationCache cache)
    {
        _file = new(path, cache);
        Problem = _file.Problem;
        if (Problem is not null)
        {
            return;
        }

        try
        {
            Declared = _file.Describe(assembly => PolicyMetadata.Read(assembly, path));
            Problem =
                _file.IsSource && Declared.Count == 0
                    ? $"{path}: has no class with a [Policy] attribute"
                    : _file.Refusal($"policy {string.Join(", ", Declared.Select(policy => policy.Name))}");
        }
        catch (UserErrorException e)
        {
            Problem = e.Message;
        }
    }

    public string Path => _file.Path;

    /// <summary>What is wrong with it, a line for each error; null for nothing.</summary>
    public string? Problem { get; private set; }

    /// <summary>Its policies; none when it does not compile.</summary>
    public IReadOnlyList<DeclaredPolicy> Declared { get; } = [];

    /// <summary>SHA-256 of its content.</summary>
    public string Hash => _file.Hash;

    /// <summary>Whether it has a policy of this name, or would have if it compiled.</summary>
    public bool IsAbout(string name) =>
        Declared.Any(policy => policy.Name == name) || (Declared.Count == 0 && _file.Mentions(name));

    /// <summary>A catalog that has its policies as well, or the same catalog and a <see cref="Problem" />.</summary>
    public PolicyCatalog AddTo(PolicyCatalog catalog)
    {
        Type[] types;
        try
        {
            types = _file.LoadTypes();
        }
        catch (UserErrorException e)
        {
            Problem = e.Message;
            return catalog;
        }

        try
        {
            return catalog.With(
                types.Where(type => type.IsDefined(typeof(PolicyAttribute), inherit: false)),
                Path
            );
        }
        // An attribute or an initializer may throw anything.
        catch (Exception e)
        {
            Problem = e is UserErrorException ? $"{Path}: {e.Message}" : _file.CannotBeLoaded(e).Message;
            return catalog;
        }
    }
}
