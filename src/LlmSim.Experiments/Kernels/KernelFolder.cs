using System.Globalization;
using LlmSim.Performance;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <summary>
/// A folder of one accelerator's measured operations in the layout of the aiconfigurator project: OPERATION/ENGINE/VERSION/NAME_perf.parquet
/// (or .csv), latencies in milliseconds of one operation on one accelerator.
/// </summary>
internal sealed partial class KernelFolder
{
    /// <summary>
    /// No kernel takes that long for a product of a few values: such a table has the host's launches or a quantization in eager mode, which
    /// a graph replays for nothing. The smallest products of tables without them take 2 to 9 µs.
    /// </summary>
    private const double LeastLaunchBoundSeconds = 10e-6;

    private static readonly string[] s_extensions = [".parquet", ".csv"];

    private readonly string _folder;
    private readonly string _engine;
    private readonly string _hardware;
    private readonly KernelRoofs _roofs;
    private readonly SortedDictionary<string, KernelGrid> _grids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ExpertShape[]> _expertShapes = [];
    private string _version = "";

    private KernelFolder(string folder, string engine, HardwareDescription hardware)
    {
        _folder = folder;
        _engine = engine;
        _hardware = hardware.Name;
        _roofs = KernelRoofs.Of(hardware);
    }

    /// <summary>Reads a folder.</summary>
    /// <param name="folder">The folder of the accelerator.</param>
    /// <param name="engine">The engine whose operations are wanted, such as "vllm".</param>
    /// <param name="hardware">The accelerator.</param>
    /// <param name="origin">Who measured, in words.</param>
    /// <exception cref="UserErrorException">A table is missing or wrong; the message has file and row.</exception>
    public static KernelSet Read(string folder, string engine, HardwareDescription hardware, string origin)
    {
        var reader = new KernelFolder(folder, engine, hardware);
        reader.ReadGemm();
        reader.ReadPromptAttention();
        reader.ReadDecodeAttention();
        reader.ReadLatentAttention(isDecode: false);
        reader.ReadLatentAttention(isDecode: true);
        reader.ReadAllReduce();
        reader.ReadExperts("moe_perf", ExpertTokens.Gathered);
        reader.ReadExperts("wideep_context_moe_perf", ExpertTokens.SentMany);
        reader.ReadExperts("wideep_generation_moe_perf", ExpertTokens.SentFew);
        return new(
            new(hardware.Name, engine, reader._version, origin),
            reader._roofs,
            reader._grids,
            reader._expertShapes
        );
    }

    /// <summary>All-reduces inside CUDA graphs, which is how engines run them.</summary>
    private void ReadAllReduce()
    {
        if (Find("comm", "custom_allreduce_perf") is not { } path)
        {
            return;
        }

        var table = KernelTable.Open(path);
        var (kernels, ranks, elements) = (
            table.Texts("kernel_source"),
            table.Counts("num_gpus"),
            table.Counts("message_size")
        );
        var seconds = table.Seconds();
        var builder = new KernelGridBuilder();
        for (var i = 0; i < seconds.Length; i++)
        {
            if (!kernels[i].EndsWith("_eager", StringComparison.Ordinal))
            {
                var bytes = 2 * elements[i];
                builder.Add(
                    new(ranks[i], bytes),
                    seconds[i] / KernelSet.AllReduceRoofSeconds(ranks[i], bytes)
                );
            }
        }

        _grids.Add(KernelSet.AllReduceName, builder.Build(rank: 2, share: 0.5));
    }

    private static KernelGridBuilder Builder(Dictionary<string, KernelGridBuilder> builders, string name)
    {
        if (!builders.TryGetValue(name, out var builder))
        {
            builders.Add(name, builder = new());
        }

        return builder;
    }

    private void Build(Dictionary<string, KernelGridBuilder> builders, int rank, double share)
    {
        foreach (var (name, builder) in builders)
        {
            _grids.Add(name, builder.Build(rank, share));
        }
    }

    private string Require(string operation, string name) =>
        Find(operation, name)
        ?? throw new UserErrorException(
            $"{_folder}: has no {operation}/{_engine}/VERSION/{name}.parquet; it is needed for performance from kernels"
        );

    /// <summary>The table of the newest version of the engine that has it; null if none has.</summary>
    private string? Find(string operation, string name)
    {
        var path = TablesOf(_engine, operation, name).FirstOrDefault();
        if (path is not null)
        {
            var version = Path.GetFileName(Path.GetDirectoryName(path))!;
            _version = VersionOrder.Compare(version, _version) > 0 ? version : _version;
        }

        return path;
    }

    /// <summary>The tables of an operation: those of the engine first, the newest first.</summary>
    private IEnumerable<string> Tables(string operation, string name)
    {
        var engines = Path.Combine(_folder, operation);
        string[] folders = Directory.Exists(engines) ? InputFolder.Folders(engines) : [];
        return folders
            .Select(path => Path.GetFileName(path))
            .OrderByDescending(engine => engine == _engine)
            .ThenBy(engine => engine, StringComparer.Ordinal)
            .SelectMany(engine => TablesOf(engine, operation, name));
    }

    private IEnumerable<string> TablesOf(string engine, string operation, string name)
    {
        var versions = Path.Combine(_folder, operation, engine);
        return Directory.Exists(versions)
            ? InputFolder
                .Folders(versions)
                .OrderDescending(VersionOrder)
                .SelectMany(folder =>
                    s_extensions.Select(extension => Path.Combine(folder, name + extension))
                )
                .Where(File.Exists)
            : [];
    }

    private static StringComparer VersionOrder { get; } =
        StringComparer.Create(CultureInfo.InvariantCulture, CompareOptions.NumericOrdering);
}
