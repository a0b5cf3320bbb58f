namespace LlmSim.Experiments.Extensions;

/// <summary>
/// Where a user's own policies, models and accelerators are. A folder that is named must exist. Without one, the folders
/// of that purpose in the current directory and in the installation (a clone's root) are looked into where they exist.
/// </summary>
/// <param name="Policies">Folder of policies (.cs, .dll); null for <c>policies</c>.</param>
/// <param name="Models">Folder of models; null for <c>catalog/models</c>.</param>
/// <param name="Hardware">Folder of accelerators; null for <c>catalog/hardware</c>.</param>
/// <param name="Engines">Folder of engine profiles; null for none: they have no name that a run would have to say.</param>
internal sealed record ExtensionFolders(
    string? Policies = null,
    string? Models = null,
    string? Hardware = null,
    string? Engines = null
)
{
    private const string MarkerOfAClone = "LlmSim.slnx";

    internal IEnumerable<string> PolicyFolders() => Existing("--policies", Policies, "policies");

    /// <summary>Where performance models are looked for by name.</summary>
    internal static IEnumerable<string> PerformanceFolders() => Existing("", given: null, "performance");

    internal IEnumerable<string> ModelFolders() => Existing("--models", Models, "catalog/models");

    internal IEnumerable<string> HardwareFolders() =>
        Existing("--hardware_dir", Hardware, "catalog/hardware");

    internal IEnumerable<string> EngineFolders() =>
        Engines is null ? [] : [Given("--engine_profiles", Engines)];

    private static string Given(string option, string folder) =>
        Directory.Exists(folder)
            ? folder
            : throw new UserErrorException(
                File.Exists(folder)
                    ? $"{option} {folder}: is a file; give the folder that it is in"
                    : $"{option} {folder}: there is no such folder"
            );

    private static IEnumerable<string> Existing(string option, string? given, string standard)
    {
        if (given is not null)
        {
            return [Given(option, given)];
        }

        var installed = Path.GetFullPath(Path.Combine(InstallationRoot(), standard));
        return new[] { standard, installed }.Where(Directory.Exists).DistinctBy(Path.GetFullPath);
    }

    /// <summary>The root of the clone that the program was built in; else the program's own folder.</summary>
    private static string InstallationRoot()
    {
        for (
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            folder is not null;
            folder = folder.Parent
        )
        {
            if (File.Exists(Path.Combine(folder.FullName, MarkerOfAClone)))
            {
                return folder.FullName;
            }
        }

        return AppContext.BaseDirectory;
    }
}
