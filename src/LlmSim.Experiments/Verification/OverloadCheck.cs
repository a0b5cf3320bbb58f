using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Verification;

/// <summary>Judges from the records whether queues grow, by the rule of docs/metrics.md.</summary>
internal static class OverloadCheck
{
    private const int FewestRequests = 100;
    private const int MostStretches = 64;
    private const double CriticalT = 2.5;

    /// <summary>
    /// The number of requests that an arrival finds when others end at its very instant depends on the order of events, which records
    /// do not have: the summary has to agree with one of the two.
    /// </summary>
    public static void Check(
        Findings findings,
        Scenario scenario,
        IReadOnlyList<RequestRecord> records,
        bool found
    )
    {
        if (scenario.Concurrency is not null || records.Count < FewestRequests)
        {
            findings.Same("queue_grows", false, found);
            return;
        }

        var (before, after) = (Grows(scenario, records, true), Grows(scenario, records, false));
        findings.Require(
            found == before || found == after,
            $"queue_grows: found {found}; recomputed {before}"
        );
    }

    private static bool Grows(Scenario scenario, IReadOnlyList<RequestRecord> records, bool tiesAreGone)
    {
        var delay = SimTime.FromSeconds(scenario.RequestSeconds);
        var ends = records.Select(r => r.IsRejected ? r.Arrival + delay : r.Finish).Order().ToArray();
        var found = new double[records.Count];
        var ended = 0;
        for (var i = 0; i < found.Length; i++)
        {
            var now = records[i].Arrival;
            while (ended < i && (ends[ended] < now || (tiesAreGone && ends[ended] == now)))
            {
                ended++;
            }

            found[i] = i - ended;
        }

        var waited = records.Sum(Waited);
        var inCluster = records.Where(r => !r.IsRejected).Sum(r => (r.Finish - r.Arrival).Seconds);
        var isTooShort = ended < 0.7 * records.Count && waited < 0.5 * inCluster;
        return !isTooShort && IsDrift(Means(found));
    }

    private static double Waited(RequestRecord r) =>
        r.IsRejected
            ? 0
            : (r.PrefillStart - r.Arrival).Seconds
                + (r.DecodeInstance < 0 ? 0 : (r.FirstDecodeStart - r.TransferFinish).Seconds);

    /// <summary>Means over stretches of a power of two of arrivals; a last one of less than half of that is left out.</summary>
    private static double[] Means(double[] found)
    {
        var length = 1;
        while ((found.Length - 1) / length >= MostStretches)
        {
            length *= 2;
        }

        return
        [
            .. found
                .Chunk(length)
                .Where(stretch => 2 * stretch.Length >= length)
                .Select(stretch => stretch.Average()),
        ];
    }

    /// <summary>The steps of a walk without drift have a mean near zero, by Student's t.</summary>
    private static bool IsDrift(double[] means)
    {
        double[] steps = [.. means.Skip(1).Zip(means, (later, earlier) => later - earlier)];
        var mean = steps.Average();
        var variance = steps.Sum(step => (step - mean) * (step - mean)) / (steps.Length - 1);
        var growth = means[^1] - means[0];
        return mean > CriticalT * Math.Sqrt(variance / steps.Length)
            && growth >= 0.5 * means.Average()
            && means[^1] - means[means.Length / 2] >= 0.2 * growth;
    }
}
