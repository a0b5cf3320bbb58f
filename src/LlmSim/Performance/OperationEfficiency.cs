namespace LlmSim.Performance;

/// <summary>How far operations of one class stay below the roofs, and what each costs beside them.</summary>
/// <param name="Compute">Share of the peak rate of arithmetic that they reach, above 0 and at most 1.</param>
/// <param name="Memory">Share of the memory bandwidth that they reach, above 0 and at most 1.</param>
/// <param name="FixedSeconds">Seconds that each run takes beside that, such as its launch; at least 0.</param>
/// <param name="KeySeconds">
/// Of attention: seconds that a block of query rows takes for each key that it passes, however idle the rest of the
/// accelerator is; at least 0.
/// </param>
internal sealed record OperationEfficiency(
    double Compute,
    double Memory,
    double FixedSeconds,
    double KeySeconds = 0
)
{
    /// <summary>The roofs themselves.</summary>
    public static OperationEfficiency Ideal { get; } = new(1, 1, 0);
}

/// <summary>What an accelerator reaches of its roofs, fitted to measurements. Every figure makes times longer.</summary>
internal sealed record Calibration
{
    /// <summary>Nothing fitted: the bare roofline.</summary>
    public static Calibration None { get; } = new() { Link = 1, Source = "none" };

    /// <summary>Matrix products with weights.</summary>
    public OperationEfficiency Dense { get; init; } = OperationEfficiency.Ideal;

    /// <summary>Norms, additions and activations.</summary>
    public OperationEfficiency Elementwise { get; init; } = OperationEfficiency.Ideal;

    /// <summary>Attention of prompts.</summary>
    public OperationEfficiency PrefillAttention { get; init; } = OperationEfficiency.Ideal;

    /// <summary>Attention of decoding requests alone.</summary>
    public OperationEfficiency DecodeAttention { get; init; } = OperationEfficiency.Ideal;

    /// <summary>
    /// Attention of decoding requests beside prompts, in one kernel with them: the time that a block of query rows takes for
    /// a key is that of <see cref="PrefillAttention" />.
    /// </summary>
    public OperationEfficiency MixedDecodeAttention { get; init; } = OperationEfficiency.Ideal;

    /// <summary>Matrix products with the weights of routed experts.</summary>
    public OperationEfficiency Experts { get; init; } = OperationEfficiency.Ideal;

    /// <summary>
    /// Share of the link's bandwidth that collectives reach, above 0 and at most 1, a hop taking the link's latency; null for what
    /// collectives were measured to take over links of the same generation.
    /// </summary>
    public double? Link { get; init; }

    /// <summary>Seconds of an iteration beside its operations.</summary>
    public double IterationSeconds { get; init; }

    /// <summary>Seconds of an iteration for each of its requests, beside their operations.</summary>
    public double RequestSeconds { get; init; }

    /// <summary>What it was fitted to.</summary>
    public required string Source { get; init; }
}
