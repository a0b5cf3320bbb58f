namespace LlmSim.Experiments.Performance;

/// <summary>What the times of a prediction rest on, the best first.</summary>
internal enum PredictionTier
{
    /// <summary>Measured layers of this model on this accelerator.</summary>
    MeasuredProfile,

    /// <summary>Measured operations of this accelerator.</summary>
    Kernels,

    /// <summary>Operations of another accelerator, scaled to this one.</summary>
    Transferred,

    /// <summary>The roofline as far as the accelerator was found to reach it.</summary>
    Calibrated,

    /// <summary>The bare roofline: a bound.</summary>
    Roofline,

    /// <summary>A model of the user's own.</summary>
    Own,
}

/// <summary>Tiers by name.</summary>
internal static class PredictionTiers
{
    /// <summary>The name in result files.</summary>
    public static string Name(this PredictionTier tier) =>
        tier switch
        {
            PredictionTier.MeasuredProfile => "measured_profile",
            PredictionTier.Kernels => "kernels",
            PredictionTier.Transferred => "transferred",
            PredictionTier.Calibrated => "calibrated",
            PredictionTier.Roofline => "roofline",
            _ => "own",
        };

    /// <summary>The name for people.</summary>
    public static string Words(this PredictionTier tier) =>
        tier switch
        {
            PredictionTier.MeasuredProfile => "measured profile",
            PredictionTier.Kernels => "measured kernels",
            PredictionTier.Transferred => "transferred kernels",
            PredictionTier.Calibrated => "calibrated roofline",
            PredictionTier.Roofline => "bare roofline, a bound",
            _ => "own model",
        };
}
