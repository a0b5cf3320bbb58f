namespace LlmSim.Performance;

/// <summary>One class of operations of a calibration, by name.</summary>
/// <param name="Name">The name in files.</param>
/// <param name="Get">Its efficiency.</param>
/// <param name="With">The calibration with another efficiency of the class.</param>
internal sealed record CalibrationClass(
    string Name,
    Func<Calibration, OperationEfficiency> Get,
    Func<Calibration, OperationEfficiency, Calibration> With
)
{
    /// <summary>Matrix products with weights.</summary>
    public static CalibrationClass Dense { get; } =
        new("dense", c => c.Dense, (c, e) => c with { Dense = e });

    /// <summary>Norms, additions and activations.</summary>
    public static CalibrationClass Elementwise { get; } =
        new("elementwise", c => c.Elementwise, (c, e) => c with { Elementwise = e });

    /// <summary>Attention of prompts.</summary>
    public static CalibrationClass PrefillAttention { get; } =
        new("prefill_attention", c => c.PrefillAttention, (c, e) => c with { PrefillAttention = e });

    /// <summary>Attention of decoding requests alone.</summary>
    public static CalibrationClass DecodeAttention { get; } =
        new("decode_attention", c => c.DecodeAttention, (c, e) => c with { DecodeAttention = e });

    /// <summary>Attention of decoding requests beside prompts.</summary>
    public static CalibrationClass MixedDecodeAttention { get; } =
        new(
            "mixed_decode_attention",
            c => c.MixedDecodeAttention,
            (c, e) => c with { MixedDecodeAttention = e }
        );

    /// <summary>Matrix products with the weights of routed experts.</summary>
    public static CalibrationClass Experts { get; } =
        new("experts", c => c.Experts, (c, e) => c with { Experts = e });

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CalibrationClass> All { get; } =
    [Dense, Elementwise, PrefillAttention, DecodeAttention, MixedDecodeAttention, Experts];
}
