using LlmSim.Performance.Catalog;
using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>
/// Everything that a configuration may name: the built-in policies, models and accelerators, and the user's own. It does
/// not change, so one object serves any number of simulations at a time.
/// </summary>
/// <param name="Policies">Policies by name.</param>
/// <param name="Models">Models by id.</param>
/// <param name="Hardware">Accelerators by name.</param>
internal sealed record Catalogs(PolicyCatalog Policies, ModelCatalog Models, HardwareCatalog Hardware)
{
    /// <summary>What comes with the simulator.</summary>
    public static Catalogs BuiltIn { get; } =
        new(ShippedPolicies.Catalog, ModelCatalog.BuiltIn, HardwareCatalog.BuiltIn);

    /// <summary>What engines take beside their kernels.</summary>
    public EngineProfiles Engines { get; init; } = EngineProfiles.BuiltIn;

    /// <summary>Where the user's own entries come from.</summary>
    public ExtensionFolders Folders { get; private init; } = new();

    /// <summary>
    /// SHA-256 of each policy file, by path: results of a run may change when one of them does. In order of path.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> PolicyFileHashes { get; private init; } = [];

    /// <summary>
    /// The built-in entries and those of a user's folders. Policies are programs: they are looked for when a folder of them is
    /// given, or a policy is named that is not built in, and then only the files with such a policy are run. Those of a folder
    /// that is given are all run.
    /// </summary>
    /// <param name="folders">The folders.</param>
    /// <param name="named">The policies that are asked for.</param>
    /// <param name="tell">Gets messages for the user: what was loaded, and which files were left out and why.</param>
    /// <exception cref="UserErrorException">
    /// A folder does not exist, a policy that is named does not compile or cannot be used, a name is taken.
    /// </exception>
    public static Catalogs Load(
        ExtensionFolders folders,
        IReadOnlyCollection<NamedPolicy> named,
        Action<string> tell
    )
    {
        var catalogs = new Catalogs(ShippedPolicies.Catalog, LoadModels(folders), LoadHardware(folders))
        {
            Engines = LoadEngines(folders),
            Folders = folders,
        };
        if (OwnPolicies(folders, named).Count == 0)
        {
            return catalogs;
        }

        var files = new PolicyFiles(folders.PolicyFolders(), CompilationCache.Default);
        return catalogs with
        {
            Policies = files.AddTo(catalogs.Policies, named, loadAll: folders.Policies is not null, tell),
            PolicyFileHashes = files.Hashes,
        };
    }

    /// <summary>What messages call the user's policies that are to be run; none when all that are named are built in.</summary>
    internal static IReadOnlyList<string> OwnPolicies(
        ExtensionFolders folders,
        IReadOnlyCollection<NamedPolicy> named
    )
    {
        string[] missing =
        [
            .. named
                .Where(policy => !policy.IsIn(ShippedPolicies.Catalog))
                .Select(policy => $"policy {policy.Name}")
                .Distinct(StringComparer.Ordinal),
        ];
        return missing.Length > 0 ? missing
            : folders.Policies is { } folder ? [$"policies of {folder}"]
            : [];
    }

    /// <summary>The policies that the files of a user's folders declare. None of them is run.</summary>
    /// <param name="folders">The folders.</param>
    /// <param name="tell">Gets which files were left out and why.</param>
    public static IReadOnlyList<DeclaredPolicy> DeclaredPolicies(
        ExtensionFolders folders,
        Action<string> tell
    )
    {
        var files = new PolicyFiles(folders.PolicyFolders(), CompilationCache.Default);
        files.TellProblems(tell);
        return files.Declared;
    }

    /// <summary>The models alone.</summary>
    /// <exception cref="UserErrorException">The folder does not exist, or a name is taken.</exception>
    public static ModelCatalog LoadModels(ExtensionFolders folders) =>
        ModelCatalog.BuiltIn.With(folders.ModelFolders().SelectMany(ModelFiles));

    /// <summary>The accelerators alone.</summary>
    /// <exception cref="UserErrorException">The folder does not exist, or a name is taken.</exception>
    public static HardwareCatalog LoadHardware(ExtensionFolders folders) =>
        HardwareCatalog.BuiltIn.With(folders.HardwareFolders().SelectMany(JsonFiles));

    /// <summary>The engine profiles alone.</summary>
    /// <exception cref="UserErrorException">The folder does not exist, a file is wrong, or two are of the same versions.</exception>
    public static EngineProfiles LoadEngines(ExtensionFolders folders) =>
        EngineProfiles.BuiltIn.With([.. folders.EngineFolders().SelectMany(JsonFiles).Select(ReadEngine)]);

    private static EngineProfile ReadEngine(CatalogFile file)
    {
        using var stream = file.Open();
        return EngineProfileJson.Parse(stream, file.Source);
    }

    /// <summary>Files <c>author--name.json</c>, and folders <c>author--name</c> with a <c>config.json</c> as published.</summary>
    private static IEnumerable<CatalogFile> ModelFiles(string folder) =>
        JsonFiles(folder)
            .Where(file => file.Name != "aliases")
            .Concat(
                InputFolder
                    .Folders(folder)
                    .Select(model => Path.Combine(model, "config.json"))
                    .Where(File.Exists)
                    .Select(path => FileOf(Path.GetFileName(Path.GetDirectoryName(path))!, path))
            )
            .Select(file => file with { Name = file.Name.Replace("--", "/", StringComparison.Ordinal) });

    private static IEnumerable<CatalogFile> JsonFiles(string folder) =>
        InputFolder
            .Files(folder, "*.json")
            .Select(path => FileOf(Path.GetFileNameWithoutExtension(path), path));

    private static CatalogFile FileOf(string name, string path) =>
        new(name, path, () => InputFile.Open(path));
}
