namespace LlmSim.Performance;

/// <summary>Formats by the names under which engines and checkpoints have them.</summary>
internal static class PrecisionFormats
{
    private const int UsualGroupSize = 128;

    private static readonly NumberFormat s_int4 = NumberFormat.IntegerGroups(
        4,
        UsualGroupSize,
        hasZeroPoint: true
    );

    private static readonly (string Name, ProductFormat Format)[] s_products =
    [
        ("bf16", ProductFormat.SixteenBit),
        ("fp16", ProductFormat.SixteenBit),
        ("fp8", new(NumberFormat.Fp8, NumberFormat.Fp8)),
        ("fp8_block", Fp8Block(UsualGroupSize, UsualGroupSize)),
        ("nvfp4", new(NumberFormat.Nvfp4, NumberFormat.Nvfp4)),
        ("mxfp4", new(NumberFormat.Mxfp4, NumberFormat.SixteenBit)),
        ("int8", new(NumberFormat.Int8, NumberFormat.Int8)),
        ("awq", new(s_int4, NumberFormat.SixteenBit)),
        ("gptq", new(s_int4, NumberFormat.SixteenBit)),
        ("w4a16", new(s_int4, NumberFormat.SixteenBit)),
        ("w4a8", new(s_int4, NumberFormat.Fp8)),
        ("w8a16", new(NumberFormat.Int8, NumberFormat.SixteenBit)),
    ];

    private static readonly (string Name, NumberFormat Format)[] s_kvFormats =
    [
        ("bf16", NumberFormat.SixteenBit),
        ("fp16", NumberFormat.SixteenBit),
        ("fp8", NumberFormat.Fp8),
        ("fp8_e4m3", NumberFormat.Fp8),
        ("fp8_e5m2", NumberFormat.Fp8),
        ("int8", NumberFormat.Int8),
        ("nvfp4", NumberFormat.Nvfp4),
    ];

    /// <summary>Names of the formats of weights and activations.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [PrecisionRequest.Auto, .. s_products.Select(format => format.Name)];

    /// <summary>Names of the formats of a KV cache.</summary>
    public static IReadOnlyList<string> KvNames { get; } =
    [PrecisionRequest.Auto, .. s_kvFormats.Select(format => format.Name)];

    /// <summary>Weights in blocks, and activations in rows as wide as a block.</summary>
    internal static ProductFormat Fp8Block(int rows, int columns) =>
        new(NumberFormat.Fp8Blocks(rows, columns), NumberFormat.Fp8Blocks(1, columns));

    internal static ProductFormat Product(string name) => Find("precision", name, s_products, Names);

    internal static NumberFormat KvCache(string name) => Find("kv_precision", name, s_kvFormats, KvNames);

    /// <summary>All matrices of the layers in one format but the router, which engines leave as it is.</summary>
    internal static Precision Precision(string name)
    {
        var format = Product(name);
        return new Precision().WithLayers(_ => format) with { Router = ProductFormat.SixteenBit };
    }

    /// <summary>
    /// What attention multiplies keys and values in: kernels for keys and values in floating point narrow the queries to 8
    /// bits and widen 4-bit values to 8; integers are widened to 16.
    /// </summary>
    internal static NumberFormat Attention(NumberFormat kvCache) =>
        kvCache is { Bits: <= 8, Kind: not NumberKind.Integer } ? NumberFormat.Fp8 : NumberFormat.SixteenBit;

    private static T Find<T>(
        string option,
        string name,
        (string Name, T Format)[] formats,
        IReadOnlyList<string> names
    )
    {
        foreach (var format in formats)
        {
            if (format.Name == name)
            {
                return format.Format;
            }
        }

        throw new UserErrorException(
            $"{option}: '{name}' is unknown; allowed: {string.Join(", ", names)}.{Suggestion.For(name, names)}"
        );
    }
}
