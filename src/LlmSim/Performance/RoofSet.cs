namespace LlmSim.Performance;

/// <summary>The roofs of each class of operations on one accelerator: by what they multiply, lowered by what they reach.</summary>
internal sealed record RoofSet(
    Roofs Projections,
    Roofs Mlp,
    Roofs SharedExperts,
    Roofs Router,
    Roofs Experts,
    Roofs LmHead,
    Roofs Elementwise,
    Roofs PrefillAttention,
    Roofs DecodeAttention,
    Roofs MixedDecodeAttention
)
{
    public static RoofSet Of(
        HardwareDescription hardware,
        Precision precision,
        Calibration calibration,
        ArithmeticRate rate
    )
    {
        var attention = new ProductFormat(precision.KvCache, precision.Attention);
        var hidden = new ProductFormat(precision.HiddenState, precision.HiddenState);
        return new(
            Lowered(precision.Projections, calibration.Dense),
            Lowered(precision.Mlp, calibration.Dense),
            Lowered(precision.SharedExperts, calibration.Dense),
            Lowered(precision.Router, calibration.Dense),
            Lowered(precision.Experts, calibration.Experts),
            Lowered(precision.LmHead, calibration.Dense),
            Lowered(hidden, calibration.Elementwise),
            Lowered(attention, calibration.PrefillAttention),
            Lowered(attention, calibration.DecodeAttention),
            Lowered(attention, calibration.MixedDecodeAttention)
        );

        Roofs Lowered(ProductFormat format, OperationEfficiency efficiency) =>
            new Roofs(
                rate == ArithmeticRate.Widest
                    ? ArithmeticRates.OfWidest(hardware, precision)
                    : ArithmeticRates.OpsPerSecond(hardware, format),
                hardware.MemoryBytesPerSecond
            ).Lowered(efficiency);
    }
}
