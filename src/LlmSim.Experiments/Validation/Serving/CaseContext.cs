using System.Collections.Concurrent;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>What all cases are simulated with; used by several threads.</summary>
internal sealed class CaseContext
{
    private readonly ConcurrentDictionary<string, Lazy<MeasuredProfile>> _profiles = new(
        StringComparer.Ordinal
    );

    private readonly ConcurrentDictionary<(string Path, string Hardware), Lazy<KernelSet>> _kernels = new();

    private readonly ConcurrentDictionary<string, Lazy<OwnPerformance>> _own = new(StringComparer.Ordinal);

    /// <summary>The same for all cases.</summary>
    /// <param name="performance">Where the times of iterations come from, as <c>--performance</c> has it.</param>
    /// <param name="catalogs">Models and accelerators by name.</param>
    public CaseContext(string performance, Catalogs catalogs)
    {
        Performance = performance;
        Catalogs = catalogs;
        var disk = PerformanceFiles.Disk;
        Files = new PerformanceFiles(
            folder => _profiles.GetOrAdd(folder, path => new(() => disk.Profile(path))).Value,
            (path, hardware) =>
                _kernels
                    .GetOrAdd((path, hardware.Name), key => new(() => disk.Kernels(key.Path, hardware)))
                    .Value,
            text => _own.GetOrAdd(text, named => new(() => disk.Own(named))).Value
        );
    }

    public string Performance { get; }

    public Catalogs Catalogs { get; }

    /// <summary>What engines take beside their kernels; null for what is known of them.</summary>
    public EngineOverheads? Overheads { get; private init; }

    /// <summary>The same with other overheads.</summary>
    public CaseContext With(EngineOverheads overheads) =>
        new(Performance, Catalogs) { Files = Files, Overheads = overheads };

    /// <summary>Measured profiles and operations and models of the user's own, each read once.</summary>
    public PerformanceFiles Files { get; private init; }
}
