using LlmSim.Workloads;

namespace LlmSim.Metrics;

/// <summary>Which of its SLOs a finished request has met.</summary>
/// <param name="Ttft">Its first token came in time.</param>
/// <param name="Tpot">The others did.</param>
/// <param name="Deadline">The last one did.</param>
internal readonly record struct SlosMet(bool Ttft, bool Tpot, bool Deadline)
{
    public bool All => Ttft && Tpot && Deadline;

    /// <summary>Judges a request by its record: one that was not served meets none.</summary>
    public static SlosMet Of(in RequestRecord record, double ttftSloSeconds, double tpotSloSeconds) =>
        record.IsRejected
            ? default
            : Of(
                record.Origin ?? RequestOrigin.Unknown,
                record.TtftSeconds,
                record.TpotSeconds,
                record.EndToEndSeconds,
                ttftSloSeconds,
                tpotSloSeconds
            );

    /// <summary>Judges a request.</summary>
    /// <param name="origin">Who sent it: its own SLOs go before those of the run.</param>
    /// <param name="ttftSeconds">Its TTFT.</param>
    /// <param name="tpotSeconds">Its TPOT; NaN for a single token, which has no gap that could be too long.</param>
    /// <param name="endToEndSeconds">Seconds to its last token.</param>
    /// <param name="ttftSloSeconds">The SLO of the run.</param>
    /// <param name="tpotSloSeconds">The SLO of the run.</param>
    public static SlosMet Of(
        RequestOrigin origin,
        double ttftSeconds,
        double tpotSeconds,
        double endToEndSeconds,
        double ttftSloSeconds,
        double tpotSloSeconds
    ) =>
        new(
            ttftSeconds < (origin.TtftSloSeconds ?? ttftSloSeconds),
            double.IsNaN(tpotSeconds) || tpotSeconds < (origin.TpotSloSeconds ?? tpotSloSeconds),
            origin.DeadlineSeconds is not { } deadline || endToEndSeconds <= deadline
        );
}
