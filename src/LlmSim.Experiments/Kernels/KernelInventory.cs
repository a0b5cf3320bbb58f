using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <summary>What is measured of an accelerator under an engine.</summary>
/// <param name="Hardware">The accelerator.</param>
/// <param name="Engine">The engine.</param>
/// <param name="Version">Its version.</param>
/// <param name="Points">Measured points.</param>
/// <param name="Formats">Formats of products that were measured.</param>
internal sealed record KernelInventory(
    string Hardware,
    string Engine,
    string Version,
    long Points,
    IReadOnlyList<string> Formats
)
{
    /// <summary>The sets that come with the simulator.</summary>
    public static IEnumerable<KernelInventory> All() =>
        KernelCatalog.Names.Select(name => Of(KernelCatalog.Find(name.Hardware, name.Engine)!));

    internal static KernelInventory Of(KernelSet kernels) =>
        new(
            kernels.Source.Hardware,
            kernels.Source.Engine,
            kernels.Source.Version,
            kernels.Grids.Values.Sum(grid => grid.MeasuredLogRatios.LongCount(float.IsFinite)),
            [.. KernelFormat.All.Where(kernels.HasGemm).Select(format => format.Name)]
        );
}
