namespace LlmSim.Performance.Catalog;

/// <summary>Reads the number formats of a quantization_config.</summary>
internal static class QuantizationFormats
{
    private const int UsualGroupSize = 128;

    private static readonly FigureRange s_bits = new(1, 16);

    /// <summary>-1 stands for whole channels.</summary>
    private static readonly FigureRange s_groupSize = new(-1, int.MaxValue);

    private static readonly Dictionary<string, Func<int, ProductFormat>> s_algorithms = new(
        StringComparer.OrdinalIgnoreCase
    )
    {
        ["FP8"] = _ => new(NumberFormat.Fp8, NumberFormat.Fp8),
        ["FP8_PER_CHANNEL_PER_TOKEN"] = _ => new(NumberFormat.Fp8, NumberFormat.Fp8),
        ["FP8_PB_WO"] = _ => PrecisionFormats.Fp8Block(UsualGroupSize, UsualGroupSize),
        ["FP8_BLOCK_SCALES"] = _ => PrecisionFormats.Fp8Block(UsualGroupSize, UsualGroupSize),
        ["NVFP4"] = _ => new(NumberFormat.Nvfp4, NumberFormat.Nvfp4),
        ["NVFP4_AWQ"] = _ => new(NumberFormat.Nvfp4, NumberFormat.Nvfp4),
        ["W4A16_NVFP4"] = _ => new(NumberFormat.Nvfp4, NumberFormat.SixteenBit),
        ["W4A8_NVFP4_FP8"] = _ => new(NumberFormat.Nvfp4, NumberFormat.Fp8),
        ["MXFP4"] = _ => new(NumberFormat.Mxfp4, NumberFormat.SixteenBit),
        ["W4A8_MXFP4_FP8"] = _ => new(NumberFormat.Mxfp4, NumberFormat.Fp8),
        ["MXFP8"] = _ => new(NumberFormat.Mxfp8, NumberFormat.Mxfp8),
        ["W4A16_AWQ"] = size => new(NumberFormat.IntegerGroups(4, size, false), NumberFormat.SixteenBit),
        ["W4A16_GPTQ"] = size => new(NumberFormat.IntegerGroups(4, size, false), NumberFormat.SixteenBit),
        ["W4A8_AWQ"] = size => new(NumberFormat.IntegerGroups(4, size, false), NumberFormat.Fp8),
        ["W8A16"] = _ => new(NumberFormat.Int8, NumberFormat.SixteenBit),
        ["W8A8_SQ_PER_CHANNEL"] = _ => new(NumberFormat.Int8, NumberFormat.Int8),
        ["INT8_SQ"] = _ => new(NumberFormat.Int8, NumberFormat.Int8),
    };

    /// <summary>A format by the name that ModelOpt gives it in "quant_algo".</summary>
    public static ProductFormat Algorithm(JsonFields fields, string field)
    {
        var name = fields.Text(field);
        return s_algorithms.TryGetValue(name, out var format)
            ? format(fields.PositiveInt("group_size", absent: UsualGroupSize))
            : throw fields.Error(
                field,
                $"'{name}' is unknown; known are {string.Join(", ", s_algorithms.Keys)}.{Suggestion.For(name, s_algorithms.Keys)}"
            );
    }

    /// <summary>Weights and activations as compressed-tensors describes a group of modules.</summary>
    public static ProductFormat Group(JsonFields group) =>
        new(
            group.OptionalObject("weights") is { } weights ? Tensor(weights) : NumberFormat.SixteenBit,
            group.OptionalObject("input_activations") is { } activations
                ? Tensor(activations)
                : NumberFormat.SixteenBit
        );

    /// <summary>Integers of a group size, as the checkpoints of AWQ and GPTQ have them; -1 stands for whole channels.</summary>
    public static NumberFormat Integers(JsonFields fields, int bits, string sizeField, bool hasZeroPoint) =>
        HasGroups(fields, sizeField)
            ? NumberFormat.IntegerGroups(bits, (int)fields.Whole(sizeField, s_groupSize), hasZeroPoint)
            : new($"int{bits}", bits, NumberKind.Integer, bits);

    /// <summary>Bits of a value from a field, 1 to 16.</summary>
    public static int Bits(JsonFields fields, string field) => (int)fields.Whole(field, s_bits);

    /// <summary>A format by the name that AMD Quark gives it in "dtype".</summary>
    public static NumberFormat Quark(JsonFields tensor)
    {
        var name = tensor.Text("dtype");
        return name switch
        {
            "fp8_e4m3" or "fp8_e5m2" or "fp8_e4m3fn" or "fp8_e4m3fnuz" => NumberFormat.Fp8,
            "fp4" or "fp4_e2m1" or "mxfp4" => NumberFormat.Fp4(tensor.PositiveInt("group_size", absent: 32)),
            "int8" or "uint8" => Integers(tensor, 8, "group_size", hasZeroPoint: name[0] == 'u'),
            "int4" or "uint4" => Integers(tensor, 4, "group_size", hasZeroPoint: name[0] == 'u'),
            "bfloat16" or "float16" => NumberFormat.SixteenBit,
            _ => throw tensor.Error(
                "dtype",
                $"'{name}' is unknown; known are fp8_e4m3, fp8_e5m2, fp4, int8, uint8, int4, uint4, bfloat16, float16."
            ),
        };
    }

    /// <summary>The numbers of a tensor as compressed-tensors describes them.</summary>
    public static NumberFormat Tensor(JsonFields tensor)
    {
        var bits = Bits(tensor, "num_bits");
        var isFloat = !tensor.Has("type") || tensor.Text("type") == "float";
        if (bits == 16)
        {
            return NumberFormat.SixteenBit;
        }

        if (!isFloat)
        {
            return Integers(tensor, bits, "group_size", !tensor.Flag("symmetric", absent: true));
        }

        return bits switch
        {
            4 => NumberFormat.Fp4(tensor.PositiveInt("group_size", absent: 16)),
            8 when tensor.Has("block_structure") => Blocks(tensor, "block_structure"),
            8 when HasGroups(tensor, "group_size") => Fp8Groups(tensor.PositiveInt("group_size")),
            8 => NumberFormat.Fp8,
            _ => throw tensor.Error(
                "num_bits",
                $"{bits} bits of floating point are unknown; known are 4, 8 and 16."
            ),
        };
    }

    /// <summary>8-bit floating point in blocks of rows and columns.</summary>
    public static NumberFormat Blocks(JsonFields fields, string field) =>
        fields.PositiveInts(field) is [var rows, var columns]
            ? NumberFormat.Fp8Blocks(rows, columns)
            : throw fields.Error(field, "two whole numbers, rows and columns, are expected.");

    private static NumberFormat Fp8Groups(int size) =>
        size == NumberFormat.MicroscalingGroup ? NumberFormat.Mxfp8 : NumberFormat.Fp8Blocks(1, size);

    private static bool HasGroups(JsonFields fields, string field) =>
        fields.WholeOrNull(field, s_groupSize) > 0;
}
