namespace LlmSim.Performance.Measured;

/// <summary>What was measured of one model on one kind of accelerator.</summary>
internal sealed record MeasuredProfile
{
    /// <summary>What messages call it, such as its folder.</summary>
    public required string SourceName { get; init; }

    /// <summary>The model, as its authors name it.</summary>
    public required string Model { get; init; }

    /// <summary>The accelerator, as the profile names it.</summary>
    public required string Hardware { get; init; }

    /// <summary>The number format: one of <see cref="PrecisionFormats.Names" /> but "auto", such as "bf16".</summary>
    public required string Variant { get; init; }

    /// <summary>What whoever uses it should know; null for nothing.</summary>
    public string? Notice { get; init; }

    /// <summary>By degree of tensor parallelism.</summary>
    public required IReadOnlyDictionary<int, MeasuredShard> Shards { get; init; }

    /// <summary>The experts of one layer, whole ones on one accelerator; null in a dense model.</summary>
    public ExpertTable? Experts { get; init; }
}

/// <summary>Times of one layer on one accelerator of a tensor-parallel group.</summary>
internal sealed record MeasuredShard
{
    /// <summary>By layer, the time by tokens.</summary>
    public required IReadOnlyDictionary<string, Curve> Dense { get; init; }

    /// <summary>By layer, the time by sequences.</summary>
    public required IReadOnlyDictionary<string, Curve> PerSequence { get; init; }

    /// <summary>Attention between the projections.</summary>
    public required AttentionTable Attention { get; init; }

    /// <summary>The correction for contexts that differ; null where it was not measured.</summary>
    public SkewCorrection? Skew { get; init; }
}
