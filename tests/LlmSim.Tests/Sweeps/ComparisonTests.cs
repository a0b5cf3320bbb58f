using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Sweeps;

public sealed class ComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_interval_is_that_of_students_t()
    {
        // t(4; 0.975) = 2.776445105 from any table.
        var estimate = MeanEstimate.Of([1, 2, 3, 4, 5]);

        Assert.Equal((5, 3.0), (estimate.Count, estimate.Mean));
        Assert.Equal(Math.Sqrt(2.5), estimate.Std, 1e-12);
        Assert.Equal(2.776445105 * Math.Sqrt(2.5 / 5), estimate.HalfWidth, 1e-8);
    }

    [Fact]
    public void One_value_has_no_interval()
    {
        var estimate = MeanEstimate.Of([7]);

        Assert.Equal((1, 7.0), (estimate.Count, estimate.Mean));
        Assert.True(double.IsNaN(estimate.Std) && double.IsNaN(estimate.HalfWidth));
    }

    [Theory]
    // Seeds that differ much among each other, and by little from file to file.
    [InlineData("10 20 30", "11 21.1 30.9", "significant")]
    [InlineData("10 20 30", "11 18 31", "not significant")]
    [InlineData("10 20 30", "10 20 30", "no difference")]
    [InlineData("10", "11", "unknown: one seed")]
    public void The_verdict_is_about_paired_differences(string a, string b, string verdict)
    {
        var comparison = Compare(
            Table("a.csv", a.Split(' ').Select((value, i) => $"fcfs,1,{i},{value}")),
            Table("b.csv", b.Split(' ').Select((value, i) => $"edf,1,{i},{value}"))
        );

        Assert.Equal(["prefill_local: fcfs → edf"], comparison.Treatments);
        Assert.Equal(verdict, Assert.Single(comparison.Differences).Verdict);
    }

    [Fact]
    public void Rows_are_paired_by_grid_and_seed_in_whatever_order_they_are()
    {
        var comparison = Compare(
            Table("a.csv", ["fcfs,1,7,10", "fcfs,2,7,100", "fcfs,1,8,20", "fcfs,3,7,0"]),
            Table("b.csv", ["edf,2,7,103", "edf,1,8,22", "edf,1,7,11"])
        );

        Assert.Equal(1, comparison.UnpairedRows);
        Assert.Equal(
            [("1", 1.5, 2), ("2", 3.0, 1)],
            comparison.Differences.Select(d =>
                (d.Settings.Single().Value, d.Difference.Mean, d.Difference.Count)
            )
        );
    }

    [Theory]
    [InlineData("fcfs,1,7,10", "fcfs,1,8,10", "have no row with the same seed")]
    [InlineData("fcfs,1,7,10;edf,1,7,10", "hrrn,1,7,10", "prefill_local: ")]
    [InlineData(
        "fcfs,1,7,10;fcfs,1,7,11",
        "fcfs,1,7,10",
        "a.csv:3: has the same configuration and seed as line 2"
    )]
    [InlineData("fcfs,1,7,x", "fcfs,1,7,10", "ttft_mean: found 'x'; allowed: a number")]
    public void What_cannot_be_paired_is_an_error(string a, string b, string expected)
    {
        var e = Assert.Throws<UserErrorException>(() =>
            Compare(Table("a.csv", a.Split(';')), Table("b.csv", b.Split(';')))
        );

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a,b\n1,2\n")]
    [InlineData("seed\n")]
    public void Another_file_is_an_error(string content)
    {
        var path = _folder.Write("a.csv", content);

        var e = Assert.Throws<UserErrorException>(() => Compare(path, path));

        Assert.Contains("is no summary CSV of llmsim", e.Message, StringComparison.Ordinal);
    }

    private static ResultComparison Compare(string a, string b) => ResultComparison.Of(a, b, ["ttft_mean"]);

    private string Table(string name, IEnumerable<string> rows) =>
        _folder.Write(
            name,
            string.Join('\n', rows.Prepend("prefill_local,lambda_arrival,seed,ttft_mean")) + "\n"
        );
}
