using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Verification;

/// <summary>Recomputes counts, distributions, rates and attainments by their definitions in docs/metrics.md.</summary>
/// <param name="findings">Takes what differs.</param>
/// <param name="scenario">What was simulated.</param>
/// <param name="records">All requests, in the order of their arrival.</param>
internal sealed class FigureChecks(Findings findings, Scenario scenario, IReadOnlyList<RequestRecord> records)
{
    /// <summary>Percentiles of more values than this come from a sketch.</summary>
    private const int MostExactValues = 1_000_000;

    private const double SketchError = 1.0 / 2048;

    /// <summary>Deviations are differences of sums of squares, in which digits are lost.</summary>
    private const double DeviationError = 1e-6;

    /// <summary>Gaps of a plan in closed form are not rounded to the nanoseconds of the clock, as the times of records are.</summary>
    private const double GapError = 1e-9;

    private readonly RequestRecord[] _served = [.. records.Where(record => !record.IsRejected)];

    private readonly RequestRecord[] _measured =
    [
        .. records.Where(record => !record.IsRejected && record.IsMeasured),
    ];

    public void Check(RunSummary summary, double ttftSloSeconds, double tpotSloSeconds)
    {
        CheckCounts(summary);
        CheckDistributions(summary);
        if (!scenario.FollowsRequests)
        {
            CheckTokenGaps(summary.ItlSeconds);
        }

        CheckRates(summary, ttftSloSeconds, tpotSloSeconds);
        CheckWindow(summary.ArrivalWindow, ttftSloSeconds, tpotSloSeconds);
    }

    private void CheckCounts(RunSummary summary)
    {
        findings.Same("requests", records.Count, summary.Requests);
        findings.Same("finished", _served.Length, summary.Finished);
        findings.Same("rejected", Count(Outcome.Rejected), summary.Rejected);
        findings.Same("timed_out", Count(Outcome.TimedOut), summary.TimedOut);
        findings.Same("failed", Count(Outcome.Failed), summary.Failed);
        findings.Same(
            "measured_requests",
            records.Count(record => record.IsMeasured),
            summary.MeasuredRequests
        );
        if (summary.Service is null)
        {
            // Attempts that came to nothing have no record.
            findings.Same("evictions", _served.Sum(record => (long)record.Evictions), summary.Evictions);
        }

        findings.Same(
            "input_tokens",
            _measured.Sum(record => (long)record.TraceInputTokens),
            summary.InputTokens
        );
        findings.Same(
            "output_tokens",
            _measured.Sum(record => (long)record.TraceOutputTokens),
            summary.OutputTokens
        );
        var reasons = records
            .Where(record => record.Outcome == Outcome.Rejected)
            .GroupBy(record => record.RejectionReason!, StringComparer.Ordinal)
            .OrderBy(reason => reason.Key, StringComparer.Ordinal)
            .Select(reason => $"{reason.Count()} {reason.Key}");
        findings.Same(
            "rejections",
            string.Join("; ", reasons),
            string.Join("; ", summary.Rejections.Select(reason => $"{reason.Value} {reason.Key}"))
        );
        findings.Near("makespan_seconds", Seconds(records, _served), summary.MakespanSeconds);
        findings.Near("measured_seconds", MeasuredSeconds, summary.MeasuredSeconds);
    }

    private int Count(Outcome outcome) => records.Count(record => record.Outcome == outcome);

    private double MeasuredSeconds => Seconds(records.Where(record => record.IsMeasured), _measured);

    /// <summary>From the first arrival to the last token; 0 when nothing finished.</summary>
    private static double Seconds(IEnumerable<RequestRecord> arrived, RequestRecord[] served) =>
        served.Length == 0
            ? 0
            : (served.Max(record => record.Finish) - arrived.Min(record => record.Arrival)).Seconds;

    private void CheckDistributions(RunSummary summary)
    {
        var decoded = _measured.Where(record => record.DecodeInstance >= 0).ToArray();
        var sketchError = _measured.Length > MostExactValues ? SketchError : 0;
        findings.Same("percentile_relative_error", sketchError, summary.PercentileRelativeError);
        Check("ttft", _measured, r => r.FirstToken - r.Arrival, summary.TtftSeconds);
        if (summary.TtfoSeconds is { } ttfo)
        {
            double[] answers =
            [
                .. _measured.Select(r => r.TtfoSeconds).Where(answer => !double.IsNaN(answer)),
            ];
            CheckValues("ttfo", answers, ttfo);
        }

        Check("e2e", _measured, r => r.Finish - r.Arrival, summary.EndToEndSeconds);
        Check(
            "prefill_queue",
            _measured,
            r => r.PrefillStart - r.ReadyForPrefill,
            summary.PrefillQueueSeconds
        );
        Check("transfer", decoded, r => r.TransferFinish - r.PrefillFinish, summary.TransferSeconds);
        Check(
            "decode_queue",
            decoded,
            r => r.FirstDecodeStart - r.TransferFinish,
            summary.DecodeQueueSeconds
        );
        double[] tpots =
        [
            .. _measured.Select(record => record.TpotSeconds).Where(tpot => !double.IsNaN(tpot)),
        ];
        CheckValues("tpot", tpots, summary.TpotSeconds);

        void Check(
            string name,
            RequestRecord[] of,
            Func<RequestRecord, SimTime> figure,
            in Distribution found
        ) => CheckValues(name, [.. of.Select(record => figure(record).Seconds)], found);
    }

    private void CheckValues(string name, double[] values, in Distribution found)
    {
        findings.Same($"{name}_count", values.Length, found.Count);
        var mean = values.Length == 0 ? double.NaN : values.Average();
        var std =
            values.Length < 2
                ? double.NaN
                : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
        findings.Near($"{name}_mean", mean, found.Mean);
        findings.Require(
            double.IsNaN(std)
                ? double.IsNaN(found.Std)
                : Math.Abs(std - found.Std) <= DeviationError * (std + (DeviationError * mean)),
            $"{name}_std: found {found.Std}; recomputed {std}"
        );
        Array.Sort(values);
        var error = values.Length > MostExactValues ? SketchError : 1e-12;
        foreach (
            var (percent, percentile) in new[]
            {
                (25, found.P25),
                (50, found.P50),
                (75, found.P75),
                (90, found.P90),
                (95, found.P95),
                (99, found.P99),
            }
        )
        {
            findings.Near($"{name}_p{percent}", Percentile(values, percent), percentile, error);
        }
    }

    /// <summary>x at the rank h = (m − 1)p + 1, between its neighbours.</summary>
    private static double Percentile(double[] sorted, int percent)
    {
        if (sorted.Length == 0)
        {
            return double.NaN;
        }

        var h = (sorted.Length - 1) * (percent / 100.0);
        var below = sorted[(int)Math.Floor(h)];
        var above = sorted[(int)Math.Ceiling(h)];
        return below + ((h - Math.Floor(h)) * (above - below));
    }

    /// <summary>
    /// The gaps of a request add up to the time from its first token to its last: their number and mean are in the records. The records
    /// do not have each gap, so that of their deviation and percentiles only the order and an upper end can be told. Tokens of one iteration come
    /// together: where drafts are verified, only the limits of the number are known.
    /// </summary>
    private void CheckTokenGaps(in Distribution found)
    {
        var tokens = _measured.Sum(record => (long)RecordChecks.TokensToDecode(scenario.Semantics, record));
        var mostAtOnce = RecordChecks.MostTokensAtOnce(scenario);
        var gaps = mostAtOnce == 1 ? tokens : found.Count;
        var seconds = _measured.Sum(record => (record.Finish - record.NewToken).Seconds);
        findings.Within("itl_count", (tokens + mostAtOnce - 1) / mostAtOnce, tokens, found.Count);
        var mean = gaps == 0 ? double.NaN : seconds / gaps;
        findings.Require(
            gaps == 0 ? double.IsNaN(found.Mean) : Math.Abs(mean - found.Mean) <= GapError + (1e-9 * mean),
            $"itl_mean: found {found.Mean}; recomputed {mean}"
        );
        double[] percentiles = [found.P25, found.P50, found.P75, found.P90, found.P95, found.P99];
        findings.Require(
            gaps == 0 ? percentiles.All(double.IsNaN) : percentiles.SequenceEqual(percentiles.Order()),
            $"itl: percentiles {string.Join(", ", percentiles)} of {gaps} gaps"
        );
        if (gaps > 1)
        {
            var longest = _measured.Max(record => (record.Finish - record.NewToken).Seconds);
            findings.Within("itl_std", 0, longest, found.Std);
            findings.Within("itl_p99", 0, longest * (1 + (2 * SketchError)), found.P99);
        }
    }

    private void CheckRates(RunSummary summary, double ttftSloSeconds, double tpotSloSeconds)
    {
        var seconds = MeasuredSeconds;
        var tokens = _measured.Sum(record => (double)record.TraceOutputTokens);
        var allTokens = tokens + _measured.Sum(record => (double)record.TraceInputTokens);
        var (ttft, tpot, both) = (0L, 0L, 0L);
        foreach (var record in _measured)
        {
            var (isTtftMet, isTpotMet) = Met(record, ttftSloSeconds, tpotSloSeconds);
            ttft += isTtftMet ? 1 : 0;
            tpot += isTpotMet ? 1 : 0;
            both += isTtftMet && isTpotMet && IsInTime(record) ? 1 : 0;
        }

        findings.Near("requests_per_second", _measured.Length / seconds, summary.RequestsPerSecond);
        findings.Near("output_tokens_per_second", tokens / seconds, summary.OutputTokensPerSecond);
        findings.Near("tokens_per_second", allTokens / seconds, summary.TokensPerSecond);
        findings.Near("goodput_requests_per_second", both / seconds, summary.GoodputRequestsPerSecond);
        var all = records.Count(record => record.IsMeasured) / 100.0;
        findings.Near("ttft_attainment_percent", ttft / all, summary.TtftAttainmentPercent);
        findings.Near("tpot_attainment_percent", tpot / all, summary.TpotAttainmentPercent);
        findings.Near("both_attainment_percent", both / all, summary.BothAttainmentPercent);
    }

    private static (bool Ttft, bool Tpot) Met(in RequestRecord record, double ttftSlo, double tpotSlo) =>
        (
            (record.FirstToken - record.Arrival).Seconds < (record.Origin?.TtftSloSeconds ?? ttftSlo),
            double.IsNaN(record.TpotSeconds)
                || record.TpotSeconds < (record.Origin?.TpotSloSeconds ?? tpotSlo)
        );

    private static bool IsInTime(in RequestRecord record) =>
        record.Origin?.DeadlineSeconds is not { } deadline
        || (record.Finish - record.Arrival).Seconds <= deadline;

    /// <summary>
    /// What finishes between the first and the last arrival. Whether what finishes at the very instant of one of them is in is decided by
    /// the order of events, which records do not have.
    /// </summary>
    private void CheckWindow(ArrivalWindow found, double ttftSloSeconds, double tpotSloSeconds)
    {
        var arrivals = records.Where(record => record.IsMeasured).Select(record => record.Arrival).ToArray();
        var (first, last) = arrivals.Length == 0 ? default : (arrivals[0], arrivals[^1]);
        var seconds = (last - first).Seconds;
        if (seconds == 0)
        {
            findings.Require(
                found == ArrivalWindow.None,
                $"window: found {found}; all measured requests arrive at {first}"
            );
            return;
        }

        findings.Near("window_seconds", seconds, found.Seconds);
        Check("window_requests_per_second", _ => 1, found.RequestsPerSecond);
        Check("window_output_tokens_per_second", r => r.TraceOutputTokens, found.OutputTokensPerSecond);
        Check(
            "window_tokens_per_second",
            r => (double)r.TraceInputTokens + r.TraceOutputTokens,
            found.TokensPerSecond
        );
        Check(
            "window_goodput_requests_per_second",
            r => Met(r, ttftSloSeconds, tpotSloSeconds) is (true, true) && IsInTime(r) ? 1 : 0,
            found.GoodputRequestsPerSecond
        );

        void Check(string name, Func<RequestRecord, double> figure, double rate)
        {
            var least = _served.Where(r => first < r.Finish && r.Finish < last).Sum(figure);
            var most = _served.Where(r => first <= r.Finish && r.Finish <= last).Sum(figure);
            findings.Within(name, least / seconds, most / seconds, rate);
        }
    }
}
