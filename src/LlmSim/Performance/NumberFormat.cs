namespace LlmSim.Performance;

/// <summary>Which arithmetic multiplies the numbers of a format.</summary>
public enum NumberKind
{
    /// <summary>Whichever is fastest: only the width is known.</summary>
    Any,

    /// <summary>Floating point.</summary>
    Float,

    /// <summary>Integers.</summary>
    Integer,
}

/// <summary>How the values of an operand are stored.</summary>
/// <param name="Name">Name, such as "fp8".</param>
/// <param name="Bits">Bits of a value, which decide on the rate of arithmetic.</param>
/// <param name="Kind">Which arithmetic multiplies them.</param>
/// <param name="StoredBits">Bits of a value in memory, with its part of the scale factors.</param>
/// <param name="Scales">What the scale factors stand for, such as "128x128 blocks"; null for whole matrices or channels.</param>
public sealed record NumberFormat(
    string Name,
    int Bits,
    NumberKind Kind,
    double StoredBits,
    string? Scales = null
)
{
    private const int Fp32Bits = 32;
    private const int Fp16Bits = 16;
    private const int Fp8Bits = 8;

    /// <summary>Values with one exponent in the OCP microscaling formats.</summary>
    internal const int MicroscalingGroup = 32;

    /// <summary>bf16 or fp16.</summary>
    public static NumberFormat SixteenBit { get; } = new("16-bit", 16, NumberKind.Any, 16);

    /// <summary>8-bit floating point, a scale factor for each matrix or channel.</summary>
    public static NumberFormat Fp8 { get; } = new("fp8", 8, NumberKind.Float, 8);

    /// <summary>8-bit integers, a scale factor for each matrix or channel.</summary>
    public static NumberFormat Int8 { get; } = new("int8", 8, NumberKind.Integer, 8);

    /// <summary>4-bit floating point, an 8-bit scale factor for 16 values.</summary>
    public static NumberFormat Nvfp4 { get; } = Fp4(16);

    /// <summary>4-bit floating point of the OCP microscaling formats, an 8-bit exponent for 32 values.</summary>
    public static NumberFormat Mxfp4 { get; } = Fp4(MicroscalingGroup);

    /// <summary>Bytes of a value in memory.</summary>
    public double BytesPerValue => StoredBits / 8;

    /// <summary>A format of which only the width is known.</summary>
    /// <param name="bits">4, 8, 16 or 32.</param>
    /// <param name="operand">What a message calls the operand.</param>
    /// <exception cref="UserErrorException">The width is another.</exception>
    public static NumberFormat OfBits(int bits, string operand) =>
        bits switch
        {
            16 => SixteenBit,
            4 or 8 or 32 => new($"{bits}-bit", bits, NumberKind.Any, bits),
            _ => throw new UserErrorException(
                $"{operand} bits: {bits} is not allowed; allowed are 4, 8, 16 and 32."
            ),
        };

    /// <summary>8-bit floating point, a 32-bit scale factor for each block of so many values.</summary>
    internal static NumberFormat Fp8Blocks(int rows, int columns) =>
        new(
            "fp8",
            8,
            NumberKind.Float,
            8 + (double)Fp32Bits / ((long)rows * columns),
            $"{rows}x{columns} blocks"
        );

    /// <summary>8-bit floating point of the OCP microscaling formats, an 8-bit exponent for 32 values.</summary>
    internal static NumberFormat Mxfp8 { get; } =
        new("mxfp8", 8, NumberKind.Float, 8 + (double)Fp8Bits / MicroscalingGroup, "groups of 32");

    /// <summary>4-bit floating point, an 8-bit scale factor for so many values.</summary>
    internal static NumberFormat Fp4(int groupSize) =>
        new(
            groupSize == 16 ? "nvfp4" : "mxfp4",
            4,
            NumberKind.Float,
            4 + (double)Fp8Bits / groupSize,
            $"groups of {groupSize}"
        );

    /// <summary>Integers, a 16-bit scale factor and perhaps a zero point for so many values.</summary>
    internal static NumberFormat IntegerGroups(int bits, int groupSize, bool hasZeroPoint) =>
        new(
            $"int{bits}",
            bits,
            NumberKind.Integer,
            bits + (double)(Fp16Bits + (hasZeroPoint ? bits : 0)) / groupSize,
            $"groups of {groupSize}"
        );
}

/// <summary>The operands of a product of matrices.</summary>
/// <param name="Weight">Format of the weights.</param>
/// <param name="Activation">Format of what they are multiplied with.</param>
public sealed record ProductFormat(NumberFormat Weight, NumberFormat Activation)
{
    /// <summary>16 bits everywhere.</summary>
    public static ProductFormat SixteenBit { get; } = new(NumberFormat.SixteenBit, NumberFormat.SixteenBit);

    /// <summary>Bits of the wider operand: the narrower is widened to it before they are multiplied.</summary>
    internal int Bits => Math.Max(Weight.Bits, Activation.Bits);

    internal NumberKind Kind => Activation.Kind == NumberKind.Any ? Weight.Kind : Activation.Kind;

    /// <summary>As a header says it, such as "fp8 weights (128x128 blocks) and activations".</summary>
    internal string Describe()
    {
        var scales = Weight.Scales is null ? "" : $" ({Weight.Scales})";
        return Weight.Name == Activation.Name
            ? $"{Weight.Name} weights{scales} and activations"
            : $"{Weight.Name} weights{scales}, {Activation.Name} activations";
    }
}
