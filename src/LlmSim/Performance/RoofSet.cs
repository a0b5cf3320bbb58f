namespace LlmSim.Performance;

/// <summary>The roofs of each class of operations on one accelerator.</summary>
internal sealed record RoofSet(
    Roofs Dense,
    Roofs Elementwise,
    Roofs PrefillAttention,
    Roofs DecodeAttention,
    Roofs MixedDecodeAttention,
    Roofs Experts
)
{
    public static RoofSet Of(HardwareDescription hardware, Precision precision, Calibration calibration)
    {
        var bare = Roofs.Of(hardware, precision);
        return new(
            bare.Lowered(calibration.Dense),
            bare.Lowered(calibration.Elementwise),
            bare.Lowered(calibration.PrefillAttention),
            bare.Lowered(calibration.DecodeAttention),
            bare.Lowered(calibration.MixedDecodeAttention),
            bare.Lowered(calibration.Experts)
        );
    }
}
