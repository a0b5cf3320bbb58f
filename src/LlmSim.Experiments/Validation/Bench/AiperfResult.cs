using LlmSim.Clients;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>
/// AIPerf's profile_export_aiperf.json (github.com/ai-dynamo/aiperf, docs/reference/json-export-schema.md), genai-perf's
/// profile_export_genai_perf.json, which has the same metrics, and the records of the requests beside them.
/// </summary>
internal static class AiperfResult
{
    private const string SummaryEnd = "_aiperf.json";
    private const string RecordsEnd = ".jsonl";

    /// <summary>
    /// Quantities by the names that AIPerf gives them, the latest first. Its inter_token_latency is a mean of each request: TPOT.
    /// </summary>
    public static IReadOnlyList<(string Quantity, string[] Names)> Quantities { get; } =
    [
        ("ttft", ["time_to_first_token", "ttft"]),
        ("tpot", ["inter_token_latency"]),
        ("itl", ["inter_chunk_latency"]),
        ("e2e", ["request_latency"]),
    ];

    private static readonly string[] s_quantiles =
    [
        "min",
        "p1",
        "p5",
        "p10",
        "p25",
        "p50",
        "p75",
        "p90",
        "p95",
        "p99",
        "max",
    ];

    public static bool Is(JsonFields result) => result.Has("request_latency") || result.Has("input_config");

    /// <summary>The other file of a run of AIPerf, which is read with this one if it is there; null where names do not say it.</summary>
    public static string? Beside(string path) =>
        path.EndsWith(SummaryEnd, StringComparison.Ordinal) ? path[..^SummaryEnd.Length] + RecordsEnd
        : path.EndsWith(RecordsEnd, StringComparison.Ordinal) ? path[..^RecordsEnd.Length] + SummaryEnd
        : null;

    /// <summary>The result of a summary, with the records beside it when they are there.</summary>
    /// <exception cref="UserErrorException">A field is wrong or missing.</exception>
    public static BenchResult Of(string path, JsonFields summary, double rangeRatio)
    {
        var beside = Beside(path);
        return Of(
            path,
            summary,
            File.Exists(beside) ? new AiperfRecords(BenchReader.Objects(beside)) : null,
            rangeRatio
        );
    }

    /// <summary>The result of records, with the summary beside them when it is there.</summary>
    /// <exception cref="UserErrorException">A field is wrong or missing.</exception>
    public static BenchResult Of(string path, IReadOnlyList<JsonFields> records)
    {
        var beside = Beside(path);
        return Of(
            path,
            File.Exists(beside) ? BenchReader.Objects(beside)[0] : null,
            new AiperfRecords(records),
            rangeRatio: 1
        );
    }

    /// <summary>Seconds of the unit that a metric names.</summary>
    public static double UnitSeconds(JsonFields metric) =>
        metric.Text("unit") switch
        {
            "ns" => 1e-9,
            "us" => 1e-6,
            "ms" => 1e-3,
            "s" or "sec" or "seconds" => 1,
            null => throw metric.Missing("unit"),
            _ => throw metric.Wrong("unit", "ns, us, ms, sec"),
        };

    private static BenchResult Of(string path, JsonFields? summary, AiperfRecords? records, double rangeRatio)
    {
        var stated = AiperfLoad.Of(summary);
        var served = records?.Served ?? OfSummary(summary!, rangeRatio);
        var failed = records?.Failed ?? Count(summary!, "error_request_count") ?? 0;
        var measured = summary is null ? records!.Measured() : Measured(summary);
        // Under a limit requests are sent when the engine has ended others.
        var sent = stated.Concurrency is null ? served.SentSeconds(0) : null;
        var load = new BenchLoad
        {
            Lengths = served.Lengths,
            SentSeconds = sent,
            RatePerSecond = stated.RatePerSecond * served.Count / (served.Count + failed),
            Arrivals = BenchLoad.Process(stated.Burstiness),
            Concurrency = stated.Concurrency,
            WhenLimited = SendTimes.Delayed,
        };
        return new BenchResult
        {
            Id = path,
            Tool = stated.Tool,
            Model = stated.Model,
            Load = load,
            Measured = measured,
            Doubt =
                summary?.Flag("was_cancelled") == true
                    ? "the test was cancelled"
                    : BenchChecks.Doubt(load, failed, stated.Burstiness, measured),
            Obstacle =
                stated.Obstacle
                ?? (
                    records?.HasConversations == true
                        ? new("conversations of several turns", "turn_index is above 0")
                    : stated.NeedsRecords is { } reason && sent is null
                        ? new(
                            "times of sending not known",
                            $"{reason}, and no profile_export.jsonl is beside it"
                        )
                    : null
                ),
            Notices =
            [
                .. new[]
                {
                    BenchChecks.Failures(failed, served.Count + failed),
                    stated.NeedsRecords is { } needed && sent is not null
                        ? $"{needed}: requests are sent at the recorded times"
                        : null,
                    records is not null ? null
                    : HasQuantiles(summary!)
                        ? "lengths of each request are not known (no profile_export.jsonl is beside it): they are drawn by their percentiles"
                    : BenchChecks.LengthsNotSaved(rangeRatio, "no profile_export.jsonl is beside it"),
                    sent is not null && stated.RatePerSecond is not null
                        ? BenchChecks.RecordedRate(sent, load.RatePerSecond!.Value, stated.Burstiness)
                        : null,
                }.OfType<string>(),
            ],
        };
    }

    private static ServedRequests OfSummary(JsonFields summary, double rangeRatio)
    {
        var count = Requests(summary);
        return count > 0
            ? ServedRequests.Of(
                Lengths(summary, "input_sequence_length", count, rangeRatio),
                Lengths(summary, "output_sequence_length", count, rangeRatio)
            )
            : throw new UserErrorException(
                $"{summary.Where}: request_count: no request was served: there is nothing to compare"
            );
    }

    /// <summary>Requests that were served. Early versions of genai-perf only say how many they were told to send.</summary>
    private static int Requests(JsonFields summary)
    {
        var config = summary.Object("input_config");
        var measurement = config?.Object("perf_analyzer")?.Object("measurement");
        return Count(summary, "request_count")
            ?? config?.Whole("request_count")
            ?? (measurement?.Text("mode") is "request_count" ? measurement.Whole("num") : null)
            ?? throw summary.Missing("request_count");
    }

    private static int? Count(JsonFields summary, string name) =>
        summary.Object(name)?.Whole("avg", least: 0);

    /// <summary>Lengths with the percentiles of the metric; without them by its mean alone.</summary>
    private static int[] Lengths(JsonFields summary, string name, int count, double rangeRatio)
    {
        var metric = summary.Required(name, summary.Object(name));
        var mean = metric.Required("avg", metric.Number("avg", least: 1));
        return Quantiles(metric) is { } quantiles
            ? BenchLengths.OfQuantiles(name, quantiles, mean, count)
            : BenchLengths.Uniform(name, (long)Math.Round(mean * count), count, rangeRatio);
    }

    private static bool HasQuantiles(JsonFields summary) =>
        summary.Object("input_sequence_length") is { } input && Quantiles(input) is not null;

    private static double[]? Quantiles(JsonFields metric)
    {
        double[] quantiles = [.. s_quantiles.Select(quantile => metric.Number(quantile)).OfType<double>()];
        return quantiles.Length < s_quantiles.Length ? null
            : quantiles.Order().SequenceEqual(quantiles) ? quantiles
            : throw metric.Wrong("max", "percentiles that ascend from min to max");
    }

    private static Dictionary<string, double> Measured(JsonFields summary)
    {
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (quantity, names) in Quantities)
        {
            if (names.Select(summary.Object).FirstOrDefault(found => found is not null) is not { } metric)
            {
                continue;
            }

            foreach (var name in metric.Names)
            {
                var statistic = name == "avg" ? "mean" : name;
                if (BenchFigures.IsPredicted(quantity, statistic) && metric.Number(name) is > 0 and var value)
                {
                    measured.Add($"{quantity}_{statistic}", value * UnitSeconds(metric));
                }
            }
        }

        if (Duration(summary) is { } duration)
        {
            measured.Add(PredictedFigures.Duration, duration);
        }

        return measured;
    }

    private static double? Duration(JsonFields summary) =>
        summary.Object("benchmark_duration") is { } metric ? metric.Positive("avg") * UnitSeconds(metric)
        : summary.Object("request_throughput")?.Positive("avg") is { } rate ? Requests(summary) / rate
        : null;
}
