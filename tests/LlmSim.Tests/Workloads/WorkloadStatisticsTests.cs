using LlmSim.Kernel;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class WorkloadStatisticsTests
{
    [Fact]
    public void A_small_workload_by_hand()
    {
        // Minutes: 2 requests, none, 1 request, then one that is not whole.
        var statistics = WorkloadStatistics.Compute([
            Request(seconds: 10, input: 1, output: 8, 1, 2),
            Request(seconds: 20, input: 2, output: 4, 1, 3),
            Request(seconds: 130, input: 4, output: 2, 1, 3, 4, 2),
            Request(seconds: 190, input: 8, output: 1),
        ]);

        Assert.Equal(4, statistics.Requests);
        Assert.Equal(3.75, statistics.Input.Mean);
        Assert.Equal(
            [1, 1.03, 1.15, 1.3, 1.75, 3, 5, 6.8, 7.4, 7.88, 8],
            statistics.Input.Quantiles.Select(q => Math.Round(q, 6))
        );
        Assert.Equal(-1, statistics.LogCorrelation!.Value, 12);
        Assert.Equal(180, statistics.DurationSeconds);
        Assert.Equal(3 / 180.0, statistics.RatePerSecond);
        Assert.Equal(50 / 60.0, statistics.GapCv!.Value, 12);
        Assert.Equal(2, statistics.PeakToMean);
        Assert.Equal(8, statistics.PromptBlocks);
        Assert.Equal(3 / 8.0, statistics.SharedPrefixShare);
    }

    [Fact]
    public void A_single_request_has_no_rate_and_no_prefixes()
    {
        var statistics = WorkloadStatistics.Compute([Request(seconds: 3, input: 5, output: 6)]);

        Assert.Equal(5, statistics.Input.Mean);
        Assert.Null(statistics.RatePerSecond);
        Assert.Null(statistics.GapCv);
        Assert.Null(statistics.PeakToMean);
        Assert.Null(statistics.LogCorrelation);
        Assert.Null(statistics.SharedPrefixShare);
        Assert.All(statistics.ToRows(), row => Assert.True(double.IsFinite(row.Value)));
    }

    [Fact]
    public void An_empty_workload_is_an_error() =>
        Assert.Throws<UserErrorException>(() => WorkloadStatistics.Compute([]));

    [Fact]
    public void Rows_have_names_and_units()
    {
        var rows = WorkloadStatistics.Compute([Request(0, 5, 6, 1), Request(1, 7, 6, 1)]).ToRows();

        Assert.Contains(new WorkloadStatistic("requests", 2, ""), rows);
        Assert.Contains(new WorkloadStatistic("input_p50", 6, "tokens"), rows);
        Assert.Contains(new WorkloadStatistic("output_p100", 6, "tokens"), rows);
        Assert.Contains(new WorkloadStatistic("rate", 1, "requests/s"), rows);
        Assert.Contains(new WorkloadStatistic("shared_prefix", 50, "%"), rows);
        Assert.Equal(rows.Count, rows.DistinctBy(row => row.Name, StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_real_hour_is_described_as_published()
    {
        using var stream = File.OpenRead(SharedFiles.Require("traces/mooncake_conversation.jsonl"));
        var statistics = WorkloadStatistics.Compute(TraceReader.Read(stream, "mooncake", readHashIds: true));

        double[] input = [891, 894, 901, 964, 2306.5, 6909, 15367, 27367, 39550.5, 85400.4, 126195];
        Assert.Equal(input, statistics.Input.Quantiles.Select(q => Math.Round(q, 6)));
        Assert.Equal(350, statistics.Output.Quantiles[5]);
        Assert.Equal(288_500, statistics.PromptBlocks);
        Assert.Equal(0.3664, statistics.SharedPrefixShare!.Value, 4);
        Assert.Equal(0.05, statistics.LogCorrelation!.Value, 2);
        Assert.Equal(12_030 / 3536.999, statistics.RatePerSecond!.Value, 9);
    }

    private static RequestSpec Request(double seconds, int input, int output, params long[] hashIds) =>
        new(0, SimTime.FromSeconds(seconds), input, output, hashIds.Length > 0 ? hashIds : null);
}
