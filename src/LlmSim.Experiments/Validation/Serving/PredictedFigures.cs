using LlmSim.Metrics;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Figures of simulated requests by the names that files of measurements give them.</summary>
internal sealed class PredictedFigures(IReadOnlyList<RequestRecord> records)
{
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

    private readonly Dictionary<string, double[]> _sorted = [];

    /// <summary>The figure of that name in seconds.</summary>
    public double Seconds(string name)
    {
        var parts = name.Split('_');
        var (quantity, statistic) = (parts[0], parts[1]);
        if (quantity == "itl")
        {
            var decoding = records.Where(record => record.TraceOutputTokens > 1).ToArray();
            return decoding.Sum(record => (record.Finish - record.PrefillFinish).Seconds)
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
