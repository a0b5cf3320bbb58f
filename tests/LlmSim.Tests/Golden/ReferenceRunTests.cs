using System.Globalization;
using LlmSim.Instances.Decode;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Golden;

/// <summary>Recorded runs of the reference simulator, request by request and iteration by iteration.</summary>
public sealed class ReferenceRunTests
{
    private const double RelativeTolerance = 1e-6;

    public static TheoryData<string> Cases => ["a", "c", "s"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_request_is_as_recorded(string name)
    {
        var golden = Table.Read(SharedFiles.Require($"golden/{name}_requests.csv"));
        var records = new List<RequestRecord>();

        var summary = Simulator.Run(
            ScenarioOf(name),
            WorkloadOf(name),
            records.Add,
            cancellation: TestContext.Current.CancellationToken
        );

        Assert.Equal(golden.Count, records.Count);
        Assert.Equal(golden.Count, summary.Finished);
        foreach (var (expected, actual) in golden.Zip(records.OrderBy(record => record.Id)))
        {
            Assert.Equal(expected.Long("id"), actual.Id);
            Assert.Equal(expected.Long("input_length"), actual.InputTokens);
            Assert.Equal(expected.Long("output_length"), actual.OutputTokens);
            Assert.Equal(expected.Long("prefill_instance"), actual.PrefillInstance);
            Assert.Equal(expected.Long("decode_instance"), actual.DecodeInstance);
            if (expected.Has("evictions"))
            {
                Assert.Equal(expected.Long("evictions"), actual.Evictions);
            }

            AssertClose(expected.Double("arrival"), actual.Arrival.Seconds);
            AssertClose(expected.Double("prefill_start"), actual.PrefillStart.Seconds);
            AssertClose(expected.Double("prefill_finish"), actual.PrefillFinish.Seconds);
            AssertClose(expected.Double("ttft"), actual.TtftSeconds);
            AssertClose(expected.Double("kv_transmission_finish"), actual.TransferFinish.Seconds);
            AssertClose(expected.Double("decode_start"), actual.DecodeStart.Seconds);
            AssertClose(expected.Double("decode_finish"), actual.Finish.Seconds);
            AssertClose(expected.Double("tpot"), actual.TpotSeconds);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_summary_is_as_recorded(string name)
    {
        var expected = Table.Read(SharedFiles.Require($"golden/{name}_summary.csv")).Single();

        var actual = Simulator.Run(
            ScenarioOf(name),
            WorkloadOf(name),
            cancellation: TestContext.Current.CancellationToken
        );

        Assert.Equal(expected.Long("total_requests"), actual.Requests);
        AssertClose(expected.Double("slo_attainment_pct"), actual.TtftAttainmentPercent);
        AssertClose(expected.Double("tpot_slo_attainment_pct"), actual.TpotAttainmentPercent);
        AssertDistribution(expected, "ttft", actual.TtftSeconds);
        AssertDistribution(expected, "tpot", actual.TpotSeconds);
    }

    [Theory]
    [InlineData("c", "c_decode_steps.csv.gz")]
    [InlineData("s", "s_decode_steps.csv")]
    public void Every_decode_iteration_is_as_recorded(string name, string file)
    {
        var golden = Table.Read(SharedFiles.Require($"golden/{file}"));
        var scenario = ScenarioOf(name);
        var steps = new List<DecodeBoundary>();
        var cluster = new Cluster(
            scenario,
            WorkloadOf(name),
            Recorders.For(scenario),
            maxIterationsPerEvent: 1
        );
        foreach (var instance in cluster.DecodeInstances)
        {
            instance.BoundaryObserver = steps.Add;
        }

        cluster.Run(TestContext.Current.CancellationToken);

        Assert.Equal(golden.Count, steps.Count);
        foreach (var (expected, actual) in golden.Zip(steps))
        {
            AssertClose(expected.Double("time"), actual.Time.Seconds);
            Assert.Equal(expected.Long("instance"), actual.Instance.Index);
            Assert.Equal(expected.Long("running_before"), actual.RunningBefore);
            Assert.Equal(expected.Long("finished"), actual.Finished);
            Assert.Equal(expected.Long("evicted"), actual.Evicted);
            Assert.Equal(expected.Long("queue_before"), actual.QueuedBefore);
            Assert.Equal(expected.Long("queue_after"), actual.QueuedAfter);
            Assert.Equal(expected.Long("running_after"), actual.RunningAfter);
            Assert.Equal(
                expected.Double("memory_usage_after"),
                actual.ContextTokensAfter * Semantics.ReferenceKvBytesPerToken
            );
            if (actual.NextBoundary is { } next)
            {
                AssertClose(expected.Double("next_step_time"), next.Seconds);
            }
        }
    }

    internal static Scenario ScenarioOf(string name) =>
        Scenarios.Reference(
            name switch
            {
                "a" => Scenarios.Instances("NVIDIA_A100_40G", tp: 4, count: 4),
                "c" => Scenarios.Instances("NVIDIA_A100_40G", tp: 4, count: 4),
                _ => Scenarios.Instances("NVIDIA_H100_SXM", tp: 8, count: 2),
            },
            name switch
            {
                "a" => Scenarios.Instances("NVIDIA_A100_40G", tp: 8, count: 4),
                "c" => Scenarios.Instances("NVIDIA_A100_80G", tp: 4, count: 1),
                _ => Scenarios.Instances("NVIDIA_A100_40G", tp: 4, count: 1),
            }
        );

    internal static IEnumerable<RequestSpec> WorkloadOf(string name)
    {
        var (count, lambda) = name switch
        {
            "a" => (500, 1.66),
            "c" => (300, 20.0),
            _ => (20, 50.0),
        };
        return Traces
            .Mooncake(SharedFiles.Require("traces/mooncake_conversation.jsonl"))
            .Take(count)
            .Select(request => request with { Arrival = SimTime.FromSeconds(request.Id / lambda) });
    }

    private static void AssertDistribution(Table.Row expected, string prefix, Distribution actual)
    {
        AssertClose(expected.Double($"{prefix}_mean"), actual.Mean);
        AssertClose(expected.Double($"{prefix}_std"), actual.Std);
        AssertClose(expected.Double($"{prefix}_p25"), actual.P25);
        AssertClose(expected.Double($"{prefix}_p50"), actual.P50);
        AssertClose(expected.Double($"{prefix}_p75"), actual.P75);
        AssertClose(expected.Double($"{prefix}_p90"), actual.P90);
        AssertClose(expected.Double($"{prefix}_p95"), actual.P95);
        AssertClose(expected.Double($"{prefix}_p99"), actual.P99);
    }

    private static void AssertClose(double expected, double actual) =>
        Assert.True(
            Math.Abs(expected - actual) <= RelativeTolerance * Math.Abs(expected),
            string.Create(CultureInfo.InvariantCulture, $"expected {expected:R}, got {actual:R}")
        );
}
