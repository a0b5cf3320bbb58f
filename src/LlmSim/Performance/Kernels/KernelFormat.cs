namespace LlmSim.Performance.Kernels;

/// <summary>A number format of matrix products, by the name that the measured tables have for it.</summary>
/// <param name="Name">The name.</param>
/// <param name="WeightBytes">Bytes of a weight, its share of scale factors included.</param>
/// <param name="InputBytes">Bytes of a value that comes in.</param>
/// <param name="RateBits">Bits of the arithmetic.</param>
internal sealed record KernelFormat(string Name, double WeightBytes, double InputBytes, int RateBits)
{
    /// <summary>16 bits throughout.</summary>
    public static KernelFormat Bf16 { get; } = new("bfloat16", 2, 2, 16);

    /// <summary>8 bits, a scale for each matrix.</summary>
    public static KernelFormat Fp8 { get; } = new("fp8", 1, 1, 8);

    /// <summary>8 bits, a 32-bit scale for each block of 128 × 128 weights and each 128 activations.</summary>
    public static KernelFormat Fp8Block { get; } = new("fp8_block", 1 + 4.0 / (128 * 128), 1 + 4.0 / 128, 8);

    /// <summary>4 bits, an 8-bit scale for each 16.</summary>
    public static KernelFormat Nvfp4 { get; } = new("nvfp4", 0.5 + 1.0 / 16, 0.5 + 1.0 / 16, 4);

    /// <summary>Weights of 8 bits alone: no table has them.</summary>
    public static KernelFormat Fp8WeightOnly { get; } = new("w8a16", 1, 2, 16);

    /// <summary>Weights of 4 bits alone, a 16-bit scale for each 128.</summary>
    public static KernelFormat Int4WeightOnly { get; } = new("int4_wo", 0.5 + 2.0 / 128, 2, 16);

    /// <summary>Weights of 4 bits alone, an 8-bit scale for each 32.</summary>
    public static KernelFormat Mxfp4WeightOnly { get; } = new("w4a16_mxfp4", 0.5 + 1.0 / 32, 2, 16);

    /// <summary>Weights of 4 bits and activations of 8, an 8-bit scale for each 32.</summary>
    public static KernelFormat Mxfp4 { get; } = new("w4a8_mxfp4_mxfp8", 0.5 + 1.0 / 32, 1 + 1.0 / 32, 8);

    /// <summary>The format that a product has in the tables, or the nearest that they may have.</summary>
    public static KernelFormat Of(ProductFormat product) =>
        (product.Weight.Bits, product.Activation.Bits) switch
        {
            (> 8, _) => Bf16,
            (8, 8) => product.Weight.Scales is null ? Fp8 : Fp8Block,
            (8, _) => Fp8WeightOnly,
            (_, 4) => Nvfp4,
            (_, 8) => Mxfp4,
            _ => product.Weight.Kind == NumberKind.Integer ? Int4WeightOnly : Mxfp4WeightOnly,
        };

    /// <summary>The format of a name that a table has.</summary>
    public static KernelFormat Get(string name) => All.First(format => format.Name == name);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KernelFormat> All { get; } =
    [Bf16, Fp8, Fp8Block, Nvfp4, Int4WeightOnly, Mxfp4WeightOnly, Mxfp4];
}
