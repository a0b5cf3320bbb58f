using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>
/// AIPerf's profile_export.jsonl: one object for each request (github.com/ai-dynamo/aiperf,
/// docs/tutorials/working-with-profile-exports.md). They stand in the order in which they ended.
/// </summary>
internal sealed class AiperfRecords
{
    private static readonly string[] s_statistics = ["mean", "p50", "p90", "p95", "p99"];

    private readonly List<JsonFields> _metrics = [];

    /// <summary>The records of requests that were measured, not those of warming up.</summary>
    /// <exception cref="UserErrorException">A record is wrong, or none was served.</exception>
    public AiperfRecords(IReadOnlyList<JsonFields> records)
    {
        var served = new List<ServedRequest>();
        long? first = null;
        foreach (var record in records)
        {
            var metadata = record.Required("metadata", record.Object("metadata"));
            if ((metadata.Text("benchmark_phase") ?? metadata.Text("credit_phase")) == "warmup")
            {
                continue;
            }

            HasConversations |= metadata.Whole("turn_index", least: 0) > 0;
            var metrics = record.Required("metrics", record.Object("metrics"));
            if (record.Has("error") || metadata.Flag("was_cancelled"))
            {
                Failed++;
                continue;
            }

            var start =
                metadata.Long("request_start_ns")
                ?? metadata.Required("request_start_ns", metadata.Long("timestamp_ns"));
            first ??= start;
            // Nanoseconds since 1970 have more digits than a double.
            var startSeconds = (start - first.Value) * 1e-9;
            served.Add(
                new ServedRequest(
                    new(Tokens(metrics, "input_sequence_length"), Tokens(metrics, "output_sequence_length")),
                    startSeconds,
                    startSeconds + Seconds(metrics, "request_latency")
                )
            );
            _metrics.Add(metrics);
        }

        Served =
            served.Count > 0
                ? new ServedRequests(served)
                : throw new UserErrorException(
                    $"{records[0].Where}: no request was served: there is nothing to compare"
                );
    }

    public ServedRequests Served { get; }

    public int Failed { get; }

    /// <summary>Whether prompts continue conversations.</summary>
    public bool HasConversations { get; }

    public static bool Is(JsonFields record) => record.Has("metadata") && record.Has("metrics");

    /// <summary>Measured seconds by metric, from the records.</summary>
    public Dictionary<string, double> Measured()
    {
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (quantity, names) in AiperfResult.Quantities.Where(one => one.Quantity != "itl"))
        {
            double[] values =
            [
                .. _metrics
                    .Select(metrics =>
                        names.Select(name => Seconds(metrics, name)).FirstOrDefault(found => found > 0)
                    )
                    .OfType<double>()
                    .Order(),
            ];
            foreach (var statistic in values.Length == 0 ? [] : s_statistics)
            {
                measured.Add(
                    $"{quantity}_{statistic}",
                    statistic == "mean"
                        ? values.Average()
                        : Statistics.Quantile(
                            values,
                            int.Parse(statistic.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)
                        )
                );
            }
        }

        return measured;
    }

    private static int Tokens(JsonFields metrics, string name)
    {
        var metric = metrics.Required(name, metrics.Object(name));
        return metric.Required("value", metric.Whole("value"));
    }

    private static double? Seconds(JsonFields metrics, string name) =>
        metrics.Object(name) is { } metric && metric.Number("value") is { } value
            ? value * AiperfResult.UnitSeconds(metric)
            : null;
}
