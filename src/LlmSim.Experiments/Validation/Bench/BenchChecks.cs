using System.Globalization;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>What a result says of itself that cannot be, and what else should be known of it.</summary>
internal static class BenchChecks
{
    /// <summary>A share of failed requests above which it is not known any more which load was served.</summary>
    private const double DoubtfulFailures = 0.05;

    /// <summary>By how much figures that are computed from means may be off.</summary>
    private const double Slack = 1.25;

    /// <summary>Latencies that the last request of an open loop may take beyond the mean one.</summary>
    private const double LongestLatencies = 4;

    /// <summary>What is said of failed requests; null when there were none.</summary>
    public static string? Failures(int failed, int sent) =>
        failed == 0
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{failed} of {sent} requests failed: the {sent - failed} others are simulated"
            );

    /// <summary>What is said of results that only have totals or means.</summary>
    public static string LengthsNotSaved(double rangeRatio, string hint) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"lengths of each request are not known ({hint}): {(rangeRatio < 1 ? $"uniform from {rangeRatio} of the longest on" : "all are as long as the mean; --range_ratio spreads them")}"
        );

    /// <summary>Why the result should not be believed; null when nothing speaks against it.</summary>
    /// <param name="load">What was sent, as far as it was served.</param>
    /// <param name="failed">Requests that failed beside it.</param>
    /// <param name="burstiness">Shape of the gaps' distribution.</param>
    /// <param name="measured">Measured seconds by metric.</param>
    public static string? Doubt(
        BenchLoad load,
        int failed,
        double burstiness,
        IReadOnlyDictionary<string, double> measured
    )
    {
        var served = load.Lengths.Count;
        if (failed > DoubtfulFailures * (served + failed))
        {
            return "many requests failed: which load was served is not known";
        }

        if (!measured.TryGetValue("duration", out var duration))
        {
            return null;
        }

        var latency = MeanLatency(load, measured);
        if (load.RatePerSecond is { } rate && load.SentSeconds is null)
        {
            var span = served / rate;
            var least = span * (1 - ServedRequests.RateTolerance(served, burstiness));
            var most = load.Concurrency is null ? (Slack * span) + (LongestLatencies * latency) : null;
            if (duration < least || duration > most)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"duration contradicts request_rate: {served + failed} requests at the stated rate take {span:0.#} s, the test took {duration:0.#} s"
                );
            }
        }

        return load.Concurrency is { } limit && served * latency / duration > Slack * limit
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"latencies contradict the concurrency: {served * latency / duration:0.#} requests were in flight on average, {limit} at most are stated"
            )
            : null;
    }

    /// <summary>What is said of recorded times that are not those of the stated rate; null when they are.</summary>
    public static string? RecordedRate(IReadOnlyList<double> sentSeconds, double rate, double burstiness)
    {
        var span = sentSeconds[^1] - sentSeconds[0];
        var sent = (sentSeconds.Count - 1) / span;
        return
            sentSeconds.Count < 2
            || Math.Abs((sent / rate) - 1) <= ServedRequests.RateTolerance(sentSeconds.Count, burstiness)
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"request_rate is {rate:0.####}/s, but requests were sent at {sent:0.####}/s: the recorded times are simulated"
            );
    }

    private static double? MeanLatency(BenchLoad load, IReadOnlyDictionary<string, double> measured) =>
        measured.TryGetValue("e2e_mean", out var latency) ? latency
        : measured.TryGetValue("ttft_mean", out var ttft)
            ? ttft
                + (
                    measured.GetValueOrDefault("tpot_mean")
                    * (load.Lengths.Average(length => (double)length.Output) - 1)
                )
        : null;
}
