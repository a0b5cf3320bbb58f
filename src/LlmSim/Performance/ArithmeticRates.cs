namespace LlmSim.Performance;

/// <summary>How fast an accelerator multiplies operands of some formats.</summary>
internal static class ArithmeticRates
{
    /// <summary>Operations/s of a product.</summary>
    public static double OpsPerSecond(HardwareDescription hardware, ProductFormat format) =>
        Native(hardware, format) ?? hardware.Fp16OpsPerSecond;

    /// <summary>Operations/s of a product; null where the accelerator has no arithmetic for such operands.</summary>
    public static double? Native(HardwareDescription hardware, ProductFormat format) =>
        (format.Bits, format.Kind) switch
        {
            (> 8, _) => hardware.Fp16OpsPerSecond,
            (_, NumberKind.Integer) => hardware.Int8OpsPerSecond,
            (> 4, NumberKind.Float) => hardware.Fp8OpsPerSecond,
            (_, NumberKind.Float) => hardware.Fp4OpsPerSecond,
            (> 4, _) => Fastest8Bit(hardware),
            _ => Math.Max(Fastest8Bit(hardware), hardware.Fp4OpsPerSecond ?? 0),
        };

    /// <summary>The reference's rule: 8-bit integers serve when nothing at all is wider than 8 bits.</summary>
    public static double OfWidest(HardwareDescription hardware, Precision precision)
    {
        var widestBits = Math.Max(precision.Layers.Max(format => format.Bits), precision.KvCache.Bits);
        return widestBits <= 8 ? hardware.Int8OpsPerSecond : hardware.Fp16OpsPerSecond;
    }

    /// <summary>Any value of 8 bits is also one of 16.</summary>
    private static double Fastest8Bit(HardwareDescription hardware) =>
        Math.Max(
            hardware.Fp16OpsPerSecond,
            Math.Max(hardware.Int8OpsPerSecond, hardware.Fp8OpsPerSecond ?? 0)
        );
}
