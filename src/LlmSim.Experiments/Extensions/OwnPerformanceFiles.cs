using System.Reflection;
using LlmSim.Experiments.Performance;
using LlmSim.Performance;

namespace LlmSim.Experiments.Extensions;

/// <summary>
/// Finds the performance model that <c>mine:…</c> names: <c>FILE</c> (.cs or .dll), <c>FILE:NAME</c> where a file has several, or
/// <c>NAME</c>, which is looked for in the folders <c>performance</c>. The file that has it is run, no other.
/// </summary>
internal static class OwnPerformanceFiles
{
    /// <summary>Whether a source of times is a model of the user's own.</summary>
    public static bool IsOwn(string source) =>
        source.StartsWith(PerformanceSource.OwnPrefix, StringComparison.Ordinal);

    /// <summary>The file of such a source. None is run.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static string PathOf(string source)
    {
        var (path, name) = Split(source[PerformanceSource.OwnPrefix.Length..]);
        return path ?? Find(name!, ExtensionFolders.PerformanceFolders(), CompilationCache.Default).Path;
    }

    /// <summary>Finds and loads a model.</summary>
    /// <param name="text">What follows <c>mine:</c>.</param>
    /// <exception cref="UserErrorException">There is none, there are several, or its file cannot be used.</exception>
    public static OwnPerformance Load(string text) =>
        Load(text, ExtensionFolders.PerformanceFolders(), CompilationCache.Default);

    /// <summary>The same, from folders and with a cache of the caller's choice.</summary>
    public static OwnPerformance Load(string text, IEnumerable<string> folders, CompilationCache cache)
    {
        var (path, name) = Split(text);
        if (path is not null)
        {
            var file = new ExtensionFile(path, cache);
            return file.Problem is null ? Choose(file, name) : throw new UserErrorException(file.Problem);
        }

        return Choose(Find(name!, folders, cache), name);
    }

    private static (string? Path, string? Name) Split(string text)
    {
        if (ExtensionFile.IsExtension(text))
        {
            return (text, null);
        }

        var colon = text.LastIndexOf(':');
        if (colon > 0 && ExtensionFile.IsExtension(text[..colon]))
        {
            return (text[..colon], text[(colon + 1)..]);
        }

        return text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? (null, text)
            : throw new UserErrorException(
                $"performance: found 'mine:{text}'; allowed are mine:FILE with a file that ends in .cs or .dll, mine:FILE:NAME, "
                    + "and mine:NAME with letters, digits and underscores"
            );
    }

    /// <summary>The file of the folders that declares a name. None is run.</summary>
    private static ExtensionFile Find(string name, IEnumerable<string> folders, CompilationCache cache)
    {
        ExtensionFile[] files =
        [
            .. ExtensionFile.PathsIn(folders).Select(path => new ExtensionFile(path, cache)),
        ];
        (string Name, ExtensionFile File)[] declared =
        [
            .. files
                .Where(file => file.Problem is null)
                .SelectMany(file => Names(file).Select(known => (known, file))),
        ];
        var found = declared.Where(known => known.Name == name).Select(known => known.File).ToArray();
        if (found.Length == 1)
        {
            return found[0];
        }

        if (found.Length > 1)
        {
            throw new UserErrorException(
                $"performance: '{name}' exists {found.Length} times: {string.Join(" and ", found.Select(file => file.Path))}; rename one"
            );
        }

        var problems = files.Where(file => file.Problem is not null && file.Mentions(name)).ToArray();
        if (problems.Length > 0)
        {
            throw new UserErrorException(string.Join('\n', problems.Select(file => file.Problem)));
        }

        var names = declared.Select(known => known.Name).ToArray();
        var there =
            names.Length == 0
                ? "There is none in a folder 'performance' here; a file is given as mine:FILE."
                : $"There are {string.Join(", ", names)}; a file is given as mine:FILE.";
        throw new UserErrorException(
            $"performance: there is no performance model 'mine:{name}'.{Suggestion.For(name, names)} {there}"
        );
    }

    private static IReadOnlyList<string> Names(ExtensionFile file)
    {
        try
        {
            return file.Describe<string>(assembly =>
                [
                    .. AttributeMetadata
                        .Read(assembly, typeof(PerformanceModelAttribute))
                        .Select(AttributeMetadata.Name),
                ]
            );
        }
        catch (UserErrorException)
        {
            // An assembly that is no program of .NET declares nothing: it may be there for another one.
            return [];
        }
    }

    /// <summary>The class that is asked for: of a name, else the only one, else the only one with a name.</summary>
    private static OwnPerformance Choose(ExtensionFile file, string? name)
    {
        var path = file.Path;
        if (file.Refusal($"performance model{(name is null ? "" : " " + name)}") is { } refusal)
        {
            throw new UserErrorException(refusal);
        }

        (Type Type, string? Name)[] models =
        [
            .. file.LoadTypes()
                .Where(type => type is { IsAbstract: false, IsPublic: true })
                .Where(type => type.IsAssignableTo(typeof(IPerformanceModel)))
                .Select(type => (type, type.GetCustomAttribute<PerformanceModelAttribute>()?.Name)),
        ];
        if (models.Length == 0)
        {
            throw new UserErrorException(
                $"{path}: has no public class that implements {nameof(IPerformanceModel)}"
            );
        }

        var named = models.Where(model => model.Name is not null).ToArray();
        var chosen =
            name is not null ? Array.FindAll(models, model => model.Name == name)
            : models.Length == 1 ? models
            : named;
        if (chosen is [var only])
        {
            RequireConstructor(path, only.Type);
            return new(only.Name is null ? path : $"{only.Name} of {path}", only.Type, Hash(file));
        }

        var known = string.Join(", ", models.Select(model => model.Name ?? model.Type.Name));
        throw new UserErrorException(
            name is null
                ? $"{path}: has several performance models: {known}. Name them with [PerformanceModel(\"name\")] and ask for one as mine:{path}:name"
            : chosen.Length > 0 ? $"{path}: has several performance models '{name}'; rename one"
            : $"{path}: has no performance model '{name}'.{Suggestion.For(name, named.Select(model => model.Name!))} It has {known}."
        );
    }

    private static void RequireConstructor(string path, Type type)
    {
        if (
            type.GetConstructors() is not [var constructor]
            || constructor.GetParameters() is not ([] or [{ ParameterType.Name: nameof(PerformanceContext) }])
        )
        {
            throw new UserErrorException(
                $"{path}: class {type.Name} needs one public constructor, which takes a {nameof(PerformanceContext)} or nothing"
            );
        }
    }

    /// <summary>An assembly may call others of its folder; a source calls none.</summary>
    private static string Hash(ExtensionFile file) =>
        file.IsSource
            ? file.Hash
            : string.Concat(
                InputFolder
                    .Files(Path.GetDirectoryName(Path.GetFullPath(file.Path))!, "*.dll")
                    .Select(Sweeps.FileHash.OfFileOrFolder)
            );
}
