namespace LlmSim.Experiments.Validation;

/// <summary>One metric of each request, measured and predicted.</summary>
/// <param name="Name">"TTFT", "TPOT" or "latency".</param>
/// <param name="MeasuredSeconds">The measured values, sorted.</param>
/// <param name="PredictedSeconds">The predicted values, sorted.</param>
/// <param name="MeanAbsoluteErrorPercent">
/// MAPE: mean over the requests of |predicted − measured| / measured, in per cent.
/// </param>
internal sealed record MetricComparison(
    string Name,
    IReadOnlyList<double> MeasuredSeconds,
    IReadOnlyList<double> PredictedSeconds,
    double MeanAbsoluteErrorPercent
)
{
    /// <summary>The means in seconds.</summary>
    public MeasuredAndPredicted Mean => new(MeasuredSeconds.Average(), PredictedSeconds.Average());

    /// <summary>A percentile in seconds, interpolated linearly between the nearest ranks.</summary>
    /// <param name="percent">From 0 to 100.</param>
    public MeasuredAndPredicted Percentile(double percent) =>
        new(Quantile(MeasuredSeconds, percent), Quantile(PredictedSeconds, percent));

    /// <summary>Compares pairs of one request each; there is at least one.</summary>
    internal static MetricComparison Of(
        string name,
        IReadOnlyCollection<(double Measured, double Predicted)> pairs
    ) =>
        new(
            name,
            [.. pairs.Select(pair => pair.Measured).Order()],
            [.. pairs.Select(pair => pair.Predicted).Order()],
            100
                * pairs
                    .Where(pair => pair.Measured > 0)
                    .Select(pair => Math.Abs(pair.Predicted - pair.Measured) / pair.Measured)
                    .DefaultIfEmpty(double.NaN)
                    .Average()
        );

    private static double Quantile(IReadOnlyList<double> sorted, double percent)
    {
        var rank = (sorted.Count - 1) * percent / 100;
        var below = (int)rank;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
    }
}
