using LlmSim.Metrics;

namespace LlmSim.Experiments.Plots;

/// <summary>What pictures need of a request: times and durations in seconds, NaN where undefined.</summary>
internal readonly record struct RequestPoint(
    double InputTokens,
    double OutputTokens,
    int PrefillInstance,
    double PrefillStartSeconds,
    double PrefillFinishSeconds,
    int DecodeInstance,
    double FirstDecodeStartSeconds,
    double FinishSeconds,
    double TtftSeconds,
    double TpotSeconds,
    double EndToEndSeconds
)
{
    public RequestPoint(in RequestRecord record)
        : this(
            record.TraceInputTokens,
            record.TraceOutputTokens,
            record.PrefillInstance,
            record.PrefillStart.Seconds,
            record.PrefillFinish.Seconds,
            record.DecodeInstance,
            record.FirstDecodeStart.Seconds,
            record.Finish.Seconds,
            record.TtftSeconds,
            record.TpotSeconds,
            record.EndToEndSeconds
        )
    {
        ArrivalSeconds = record.Arrival.Seconds;
        TransferFinishSeconds = record.TransferFinish.Seconds;
    }

    /// <summary>When it came; NaN where a file does not say.</summary>
    public double ArrivalSeconds { get; init; } = double.NaN;

    /// <summary>When its KV cache had arrived; NaN where a file does not say.</summary>
    public double TransferFinishSeconds { get; init; } = double.NaN;

    public bool IsServed => !double.IsNaN(TtftSeconds);
}
