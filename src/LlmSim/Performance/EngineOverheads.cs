namespace LlmSim.Performance;

/// <summary>
/// What an engine takes beside its kernels, in seconds, 0 or more: gaps between launches, scheduling, sampling. It belongs to an engine and its
/// version, not to the accelerator.
/// </summary>
public sealed record EngineOverheads
{
    /// <summary>Nothing beside the kernels.</summary>
    public static EngineOverheads None { get; } = new();

    /// <summary>Seconds of each iteration.</summary>
    public double IterationSeconds { get; init; }

    /// <summary>Seconds of each layer in an iteration.</summary>
    public double LayerSeconds { get; init; }

    /// <summary>Seconds of each request in an iteration.</summary>
    public double SequenceSeconds { get; init; }

    /// <summary>Seconds of each chunk of a prompt in an iteration, beside those of a request.</summary>
    public double PromptSeconds { get; init; }

    /// <summary>Seconds of an iteration of a model with so many layers.</summary>
    public double Seconds(in IterationBatch batch, int layers) =>
        IterationSeconds
        + LayerSeconds * layers
        + SequenceSeconds * batch.Requests
        + PromptSeconds * batch.PrefillRequests;
}
