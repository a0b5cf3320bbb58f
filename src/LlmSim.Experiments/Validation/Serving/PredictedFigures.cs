using LlmSim.Metrics;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Figures of simulated requests by the names that files of measurements give them.</summary>
/// <param name="records">The requests.</param>
/// <param name="gaps">Gaps between tokens, for their percentiles; null where none is asked for.</param>
internal sealed class PredictedFigures(IReadOnlyList<RequestRecord> records, Distribution? gaps = null)
{
    /// <summary>From the start of the run to the end of the last request.</summary>
    public const string Duration = "duration";

    private const string Mean = "mean";

    /// <summary>
    /// What may be asked for. The gap between tokens is that of all pairs of tokens: of requests of one length its mean is their
    /// TPOT's.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. new[] { "ttft", "tpot", "itl", "e2e" }.SelectMany(quantity =>
            new[] { Mean, "p50", "p90", "p95", "p99" }
                .Where(statistic => quantity != "itl" || statistic == Mean)
                .Select(statistic => $"{quantity}_{statistic}")
        ),
    ];

    /// <summary>Percentiles of the gaps between tokens that a simulation has.</summary>
    public static IReadOnlyList<string> GapPercentiles { get; } = ["p25", "p50", "p75", "p90", "p95", "p99"];

    private readonly Dictionary<string, double[]> _sorted = [];

    /// <summary>The figure of that name in seconds.</summary>
    public double Seconds(string name)
    {
        if (name == Duration)
        {
            return records.Max(record => record.Finish).Seconds;
        }

        var parts = name.Split('_');
        var (quantity, statistic) = (parts[0], parts[1]);
        if (quantity == "itl" && statistic != Mean)
        {
            return GapSeconds(statistic);
        }

        if (quantity == "itl")
        {
            var decoding = records.Where(record => record.TraceOutputTokens > 1).ToArray();
            return decoding.Sum(record => (record.Finish - record.NewToken).Seconds)
                / decoding.Sum(record => record.TraceOutputTokens - 1.0);
        }

        var values = Sorted(quantity);
        return statistic == Mean
            ? values.DefaultIfEmpty(double.NaN).Average()
            : Statistics.Quantile(
                values,
                double.Parse(statistic.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)
            );
    }

    private double GapSeconds(string percentile) =>
        percentile switch
        {
            "p25" => gaps!.Value.P25,
            "p50" => gaps!.Value.P50,
            "p75" => gaps!.Value.P75,
            "p90" => gaps!.Value.P90,
            "p95" => gaps!.Value.P95,
            "p99" => gaps!.Value.P99,
            _ => throw new ArgumentOutOfRangeException(nameof(percentile), percentile, null),
        };

    private double[] Sorted(string quantity)
    {
        if (!_sorted.TryGetValue(quantity, out var values))
        {
            Func<RequestRecord, double> value = quantity switch
            {
                "ttft" => record => record.TtftSeconds,
                "tpot" => record => record.TpotSeconds,
                _ => record => record.EndToEndSeconds,
            };
            values = [.. records.Select(value).Where(double.IsFinite).Order()];
            _sorted.Add(quantity, values);
        }

        return values;
    }
}
