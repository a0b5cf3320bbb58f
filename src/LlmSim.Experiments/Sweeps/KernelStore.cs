using LlmSim.Experiments.Kernels;
using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The measured operations of a sweep that do not come with the simulator: each set is read once, and all runs share it.</summary>
internal sealed class KernelStore
{
    private readonly Dictionary<(string Path, string Hardware), Entry> _entries = [];

    /// <summary>The operations of an accelerator in a folder or file.</summary>
    /// <exception cref="UserErrorException">There are none, or a file is wrong.</exception>
    public Entry Get(string path, HardwareDescription hardware)
    {
        lock (_entries)
        {
            var key = (path, hardware.Name);
            if (!_entries.TryGetValue(key, out var entry))
            {
                entry = new(
                    KernelSystems.Load(path, hardware),
                    new InputFingerprint($"kernels {path} of {hardware.Name}", FileHash.OfFileOrFolder(path))
                );
                _entries.Add(key, entry);
            }

            return entry;
        }
    }

    /// <summary>What identifies the operations that a run takes from files.</summary>
    public IEnumerable<InputFingerprint> Fingerprints(RunConfiguration configuration, Scenario scenario)
    {
        var source = configuration.Performance;
        return source.StartsWith(PerformanceSource.KernelsPrefix, StringComparison.Ordinal)
            ?
            [
                .. scenario
                    .Instances.Select(instance => instance.Hardware)
                    .DistinctBy(hardware => hardware.Name)
                    .Select(hardware =>
                        Get(source[PerformanceSource.KernelsPrefix.Length..], hardware).Fingerprint
                    ),
            ]
            : [];
    }

    /// <summary>Measured operations and what identifies them.</summary>
    internal sealed record Entry(KernelSet Kernels, InputFingerprint Fingerprint);
}
