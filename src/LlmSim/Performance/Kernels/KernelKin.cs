namespace LlmSim.Performance.Kernels;

/// <summary>
/// Which measured accelerators resemble one that was not measured, or not in every operation, the nearest first: the same chip with other
/// memory or clocks, or else the same architecture, or else one of its time with memory of its kind. Where none does, as for accelerators of
/// another make whose kernels nobody measured, nothing is transferred.
/// </summary>
internal static class KernelKin
{
    private static readonly string[] s_none = [];

    /// <summary>Whether the kernels of an engine on one are those that it runs on the other: they are of one architecture.</summary>
    public static bool SharesKernels(string hardware, string other) =>
        (hardware, other) is ("NVIDIA_GB200" or "NVIDIA_B300" or "NVIDIA_GB300", "NVIDIA_B200");

    /// <summary>Names of the accelerators.</summary>
    public static IReadOnlyList<string> Of(string hardware) =>
        hardware switch
        {
            // GA100.
            "NVIDIA_A100_40G" or "NVIDIA_A800_80G_SXM" => ["NVIDIA_A100_80G", "NVIDIA_H100_SXM"],
            "NVIDIA_A100_80G" => ["NVIDIA_H100_SXM"],
            // GA102 and AD10x: graphics chips with GDDR6 memory, of which AD102 was measured.
            "NVIDIA_A10G"
            or "NVIDIA_A40"
            or "NVIDIA_A6000"
            or "NVIDIA_3090"
            or "NVIDIA_L4"
            or "NVIDIA_L40"
            or "NVIDIA_A6000_Ada"
            or "NVIDIA_4090" => ["NVIDIA_L40S"],
            // GH100.
            "NVIDIA_H100_PCIe" or "NVIDIA_H100_NVL" or "NVIDIA_H20" => ["NVIDIA_H100_SXM"],
            // GB202.
            "NVIDIA_5090" => ["NVIDIA_RTX_PRO_6000"],
            // GB100 and GB110.
            "NVIDIA_GB200" or "NVIDIA_B300" => ["NVIDIA_B200"],
            "NVIDIA_GB300" => ["NVIDIA_B300", "NVIDIA_B200"],
            // CDNA 3 and 4: products and experts of CDNA 4; attention of the NVIDIA accelerator of the same time and memory.
            "AMD_MI300X" or "AMD_MI325X" => ["AMD_MI355X", "NVIDIA_H200"],
            "AMD_MI350X" => ["AMD_MI355X", "NVIDIA_B200"],
            "AMD_MI355X" => ["NVIDIA_B200"],
            _ => s_none,
        };
}
