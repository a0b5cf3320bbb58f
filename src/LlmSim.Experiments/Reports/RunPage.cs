using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Reports;

/// <summary>The report of one simulation.</summary>
internal static class RunPage
{
    public static Report Of(RunResult result, RunObservations observations, string command) =>
        new(
            "Simulation run",
            result.Configuration.Model,
            $"{RunWords.Cluster(result)} · {RunWords.Workload(result)}",
            [
                Verdict(result),
                .. LatencyBlocks.Of(result, observations.Requests),
                .. TimeBlocks.Of(result, observations),
                .. ProvenanceBlocks.Of([result], command),
            ]
        );

    private static VerdictBlock Verdict(RunResult result)
    {
        var (c, s) = (result.Configuration, result.Summary);
        var offered =
            c.Concurrency is { } clients ? $"with {Figures.Count(clients)} requests in flight"
            : c.Arrivals == "trace" ? "as the trace sends them"
            : RunWords.HasChangingRate(c)
                ? FormattableString.Invariant($"of {c.LambdaArrival:G4} requests/s offered on average")
            : FormattableString.Invariant($"of {c.LambdaArrival} requests/s offered");
        var slos = FormattableString.Invariant(
            $"TTFT < {c.TtftSloSeconds} s and TPOT < {c.TpotSloSeconds} s"
        );
        return new VerdictBlock(
            $"{Figures.Number(s.BothAttainmentPercent)} % of {Figures.Count(s.MeasuredRequests)} requests met both SLOs ({slos}): "
                + $"a goodput of {Figures.Number(s.GoodputRequestsPerSecond)} requests/s {offered}.",
            s.QueueGrows ? Tone.Bad : Tone.Plain
        )
        {
            Headlines =
            [
                Latency("TTFT", s.TtftSeconds, c.TtftSloSeconds),
                Latency("TPOT", s.TpotSeconds, c.TpotSloSeconds),
                Latency("End to end", s.EndToEndSeconds, sloSeconds: null),
                new(
                    "Output",
                    Figures.Number(s.OutputTokensPerSecond),
                    "tokens/s",
                    $"{Figures.Number(s.RequestsPerSecond)} requests/s"
                ),
                new(
                    "Requests",
                    Figures.Count(s.Finished),
                    "",
                    $"finished; {Figures.Count(s.Rejected)} rejected, "
                        + (
                            s.TimedOut + s.Failed == 0
                                ? ""
                                : $"{Figures.Count(s.TimedOut)} given up, {Figures.Count(s.Failed)} lost, "
                        )
                        + $"{Figures.Count(s.Evictions)} evictions"
                ),
                new(
                    "Prediction",
                    ProvenanceBlocks.TierWords(result.Prediction),
                    "",
                    ProvenanceBlocks.ErrorWords(result.Prediction)
                ),
            ],
            Warnings = [.. Warnings(result)],
        };
    }

    private static Headline Latency(string name, in Distribution seconds, double? sloSeconds)
    {
        var (scale, unit) = Figures.TimeUnit(seconds.P99);
        var note = $"median {Figures.Duration(seconds.P50)}";
        return new(
            $"{name} P99",
            Figures.Number(seconds.P99 * scale),
            unit,
            sloSeconds is { } slo ? $"{note}; SLO {Figures.Duration(slo)}" : note,
            sloSeconds is null ? Tone.Plain
                : seconds.P99 < sloSeconds ? Tone.Good
                : Tone.Warning
        );
    }

    private static IEnumerable<string> Warnings(RunResult result)
    {
        if (result.Summary.QueueGrows)
        {
            yield return "No steady state: requests arrive faster than they are served, queues grow, and latencies depend on the length of the run.";
        }

        foreach (var (reason, count) in result.Summary.Rejections)
        {
            yield return $"{Figures.Count(count)} requests were rejected: {reason}.";
        }

        foreach (var warning in result.Prediction.Warnings)
        {
            yield return warning;
        }
    }
}
