namespace LlmSim.Workloads;

/// <summary>
/// A distribution of lengths given by its quantiles at <see cref="WorkloadQuantiles.Probabilities" />, with straight lines
/// between them on a logarithmic scale: lengths spread over decades, and their means come out nearer than on a linear one.
/// </summary>
internal sealed class QuantileTable(double[] quantiles)
{
    private readonly double[] _logs = [.. quantiles.Select(length => Math.Log(length))];

    /// <summary>The length, in whole tokens, below which this share of all lengths lies.</summary>
    public int At(double probability)
    {
        var probabilities = WorkloadQuantiles.Probabilities;
        var upper = 1;
        while (upper < probabilities.Length - 1 && probabilities[upper] < probability)
        {
            upper++;
        }

        var lower = upper - 1;
        var fraction = (probability - probabilities[lower]) / (probabilities[upper] - probabilities[lower]);
        return (int)Math.Round(Math.Exp(_logs[lower] + (fraction * (_logs[upper] - _logs[lower]))));
    }
}
