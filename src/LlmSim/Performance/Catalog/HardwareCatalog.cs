namespace LlmSim.Performance.Catalog;

/// <summary>Accelerators by name.</summary>
public sealed class HardwareCatalog
{
    private const string Folder = "hardware";

    private readonly SortedDictionary<string, Lazy<HardwareDescription>> _hardware;

    private HardwareCatalog(SortedDictionary<string, Lazy<HardwareDescription>> hardware) =>
        _hardware = hardware;

    /// <summary>The accelerators that come with the simulator.</summary>
    public static HardwareCatalog BuiltIn { get; } =
        new(
            new(
                EmbeddedCatalog
                    .Names(Folder)
                    .ToDictionary(
                        name => name,
                        name => new Lazy<HardwareDescription>(() =>
                            EmbeddedCatalog.Parse(Folder, name, HardwareParser.Parse)
                        )
                    ),
                StringComparer.Ordinal
            )
        );

    /// <summary>This catalog and the accelerators of some files.</summary>
    /// <exception cref="UserErrorException">Two files have one name; later, when an entry is used: its file is wrong.</exception>
    internal HardwareCatalog With(IEnumerable<CatalogFile> files) =>
        new(CatalogFile.Merge(_hardware, files, Folder, ParseFile));

    /// <summary>All accelerators, by name.</summary>
    public IEnumerable<HardwareDescription> All => _hardware.Values.Select(hardware => hardware.Value);

    /// <summary>The accelerator of that name, such as "NVIDIA_H100_SXM".</summary>
    /// <exception cref="UserErrorException">There is none; the message names the nearest.</exception>
    public HardwareDescription Get(string name) =>
        Find(name)
        ?? throw new UserErrorException(
            $"hardware '{name}' is unknown.{Suggestion.For(name, _hardware.Keys)} 'llmsim hardware' lists what there is."
        );

    /// <summary>The accelerator of that name; null when there is none.</summary>
    internal HardwareDescription? Find(string name) => _hardware.GetValueOrDefault(name)?.Value;

    private static HardwareDescription ParseFile(CatalogFile file)
    {
        using var stream = file.Open();
        var hardware = HardwareParser.Parse(stream, file.Source);
        return hardware.Name == file.Name
            ? hardware
            : throw new UserErrorException(
                $"{file.Source}: name is '{hardware.Name}'; it must be that of the file, '{file.Name}'"
            );
    }
}
