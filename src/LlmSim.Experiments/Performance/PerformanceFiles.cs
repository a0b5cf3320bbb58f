using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Kernels;
using LlmSim.Performance;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Performance;

/// <summary>Where measured profiles and operations and models of the user's own are read from: from the disk each time, or from a sweep's store.</summary>
/// <param name="Profile">The profile of a folder.</param>
/// <param name="Kernels">The operations of an accelerator in a folder, or in a file of the compact form.</param>
/// <param name="Own">The model of the user's own that <c>mine:…</c> names.</param>
internal sealed record PerformanceFiles(
    Func<string, MeasuredProfile> Profile,
    Func<string, HardwareDescription, KernelSet> Kernels,
    Func<string, OwnPerformance> Own
)
{
    /// <summary>Each is read when it is asked for.</summary>
    public static PerformanceFiles Disk { get; } =
        new(ProfileFolder.Load, KernelSystems.Load, OwnPerformanceFiles.Load);
}
