using LlmSim.Kernel;
using LlmSim.Metrics;
using Xunit;

namespace LlmSim.Tests.Metrics;

public sealed class ValueSummaryTests
{
    [Fact]
    public void Percentiles_of_up_to_a_million_values_are_exact()
    {
        var values = Values(50_000);
        var summary = Summary(values);

        Assert.False(summary.IsSketched);
        Array.Sort(values);
        var result = summary.Summarize();
        Assert.Equal(Exact(values, 0.25), result.P25);
        Assert.Equal(Exact(values, 0.5), result.P50);
        Assert.Equal(Exact(values, 0.99), result.P99);
        Assert.Equal(values.Average(), result.Mean, 1e-9);
        var variance = values.Sum(v => (v - result.Mean) * (v - result.Mean)) / (values.Length - 1);
        Assert.Equal(Math.Sqrt(variance), result.Std, 1e-9);
    }

    [Fact]
    public void Beyond_a_million_they_are_within_the_stated_error()
    {
        var values = Values(ValueSummary.MaxExactValues + 1);
        var summary = Summary(values);

        Assert.True(summary.IsSketched);
        Array.Sort(values);
        var result = summary.Summarize();
        foreach (
            var (p, found) in new[]
            {
                (0.25, result.P25),
                (0.5, result.P50),
                (0.9, result.P90),
                (0.99, result.P99),
            }
        )
        {
            var exact = Exact(values, p);
            Assert.True(
                Math.Abs(found - exact) <= QuantileSketch.RelativeError * exact,
                $"p{p}: {found}, {exact}"
            );
        }

        Assert.InRange(QuantileSketch.RelativeError, 0, 0.001);
    }

    [Fact]
    public void A_series_is_recorded_as_its_values_one_by_one()
    {
        foreach (var growth in new[] { 0, 1e-6, 3e-5, -2e-6 })
        {
            var (series, single) = (new InterTokenLatency(), new InterTokenLatency());
            series.RecordSeries(0.0166, growth, 3000, count: 7);
            for (var i = 0; i < 3000; i++)
            {
                single.RecordSeries(0.0166 + (i * growth), 0, 1, count: 7);
            }

            var (actual, expected) = (series.Summarize(), single.Summarize());
            Assert.Equal(expected.Count, actual.Count);
            Assert.Equal(expected.Mean, actual.Mean, 1e-12);
            Assert.Equal(expected.Std, actual.Std, 1e-9);
            Assert.Equal(expected.P25, actual.P25, 0.001 * expected.P25);
            Assert.Equal(expected.P99, actual.P99, 0.001 * expected.P99);
        }
    }

    private static double[] Values(int count)
    {
        var random = new RandomStream(3, "values");
        // Many zeros, as for the wait of requests that did not wait.
        return
        [
            .. Enumerable.Range(0, count).Select(_ => random.Next(5) == 0 ? 0 : random.NextExponential(0.3)),
        ];
    }

    private static ValueSummary Summary(double[] values)
    {
        var summary = new ValueSummary();
        foreach (var value in values)
        {
            summary.Add(value);
        }

        return summary;
    }

    private static double Exact(double[] sorted, double p)
    {
        var position = p * (sorted.Length - 1);
        var rank = (int)position;
        return sorted[rank] + ((position - rank) * (sorted[rank + 1] - sorted[rank]));
    }
}
