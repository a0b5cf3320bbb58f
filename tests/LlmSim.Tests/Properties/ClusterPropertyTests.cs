using LlmSim.Instances.Decode;
using LlmSim.Kernel;
using LlmSim.Metrics;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>What must hold in every scenario, tried on random ones under both semantics.</summary>
public sealed class ClusterPropertyTests
{
    private const int ScenariosPerTest = 500;

    public static TheoryData<string> Presets => ["standard", "reference"];

    [Theory]
    [MemberData(nameof(Presets))]
    public void Macro_steps_give_what_single_steps_give(string preset) =>
        ForEachScenario(
            preset,
            scenario =>
            {
                var macro = Run(scenario, maxIterationsPerEvent: 4096);
                var single = Run(scenario, maxIterationsPerEvent: 1);
                Assert.Equal(single.Records.Count, macro.Records.Count);
                foreach (var (expected, actual) in single.Records.Zip(macro.Records))
                {
                    AssertSame(expected, actual);
                }

                Assert.Equal(Iterations(single.Cluster), Iterations(macro.Cluster));

                Assert.True(macro.Cluster.EventCount <= single.Cluster.EventCount);
            }
        );

    [Theory]
    [MemberData(nameof(Presets))]
    public void Nothing_is_lost_and_time_runs_forward(string preset) =>
        ForEachScenario(
            preset,
            scenario =>
            {
                var (records, cluster, _) = Run(scenario, maxIterationsPerEvent: 4096);
                Assert.Equal(
                    scenario.Requests.Select(request => request.Id),
                    records.Select(record => record.Id).Order()
                );
                foreach (var record in records.Where(record => !record.IsRejected))
                {
                    Assert.True(record.Arrival <= record.PrefillStart);
                    Assert.True(record.PrefillStart < record.PrefillFinish);
                    Assert.True(record.PrefillFinish <= record.TransferFinish);
                    Assert.True(
                        record.DecodeInstance < 0 || record.TransferFinish <= record.FirstDecodeStart
                    );
                    Assert.True(record.FirstDecodeStart <= record.DecodeStart);
                    Assert.True(record.DecodeInstance < 0 || record.DecodeStart < record.Finish);
                }

                AssertOneAtATime(records);
                Assert.Equal(
                    records.Sum(record => record.Evictions),
                    cluster.DecodeInstances.Sum(d => d.Evictions)
                );
            }
        );

    [Theory]
    [MemberData(nameof(Presets))]
    public void Littles_law_holds_as_an_identity_in_the_decode_batch(string preset) =>
        ForEachScenario(
            preset,
            scenario =>
            {
                var (records, _, boundaries) = Run(scenario, maxIterationsPerEvent: 1);
                if (records.Any(record => record.Evictions > 0))
                {
                    return;
                }

                // Time integral of the batch size, seen at the boundaries, is the sum of the residence times.
                var integral = boundaries.Sum(boundary =>
                    boundary.RunningBefore * (boundary.Time - boundary.Started).Seconds
                );
                var residence = records
                    .Where(record => record.DecodeInstance >= 0)
                    .Sum(record => (record.Finish - record.DecodeStart).Seconds);
                Assert.Equal(residence, integral, 1e-6);
            }
        );

    [Fact]
    public void Memory_is_never_over_the_limit_in_the_standard_model() =>
        ForEachScenario(
            "standard",
            scenario =>
            {
                var (_, cluster, _) = Run(scenario, maxIterationsPerEvent: 1);
                Assert.All(
                    cluster.DecodeInstances,
                    instance => Assert.True(instance.PeakKvBytes <= instance.KvCapacityBytes)
                );
                Assert.All(
                    cluster.PrefillInstances,
                    instance => Assert.True(instance.PeakKvBytes <= instance.KvCapacityBytes)
                );
            }
        );

    [Fact]
    public void The_random_scenarios_reach_what_they_are_for()
    {
        var evictions = 0;
        var rejections = 0;
        foreach (var preset in Presets)
        {
            ForEachScenario(
                preset.Data,
                scenario =>
                {
                    var (records, _, _) = Run(scenario, maxIterationsPerEvent: 4096);
                    Interlocked.Add(ref evictions, records.Sum(record => record.Evictions));
                    Interlocked.Add(ref rejections, records.Count(record => record.IsRejected));
                }
            );
        }

        Assert.True(evictions > 1000, $"only {evictions} evictions");
        Assert.True(rejections > 30, $"only {rejections} rejections");
    }

    private static void ForEachScenario(string preset, Action<RandomScenario> test)
    {
        var semantics = preset == "standard" ? Semantics.Standard : Semantics.Reference;
        Parallel.For(
            0,
            ScenariosPerTest,
            seed =>
            {
                var scenario = new RandomScenario(seed, semantics);
                try
                {
                    test(scenario);
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException(
                        $"{scenario} ({preset}): {exception.Message}",
                        exception
                    );
                }
            }
        );
    }

    private static (List<RequestRecord> Records, Cluster Cluster, List<DecodeBoundary> Boundaries) Run(
        RandomScenario random,
        int maxIterationsPerEvent
    )
    {
        var scenario = random.NewScenario();
        var records = new List<RequestRecord>();
        var boundaries = new List<DecodeBoundary>();
        var cluster = new Cluster(
            scenario,
            random.Requests,
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        foreach (var instance in cluster.DecodeInstances)
        {
            instance.BoundaryObserver = boundaries.Add;
        }

        cluster.Run(CancellationToken.None);
        return (records, cluster, boundaries);
    }

    private static long Iterations(Cluster cluster) => cluster.DecodeInstances.Sum(d => d.Iterations);

    /// <summary>Every choice the same, and every time within a microsecond: closed forms round where sums round otherwise.</summary>
    internal static void AssertSame(in RequestRecord expected, in RequestRecord actual)
    {
        AssertNear(expected.PrefillStart, actual.PrefillStart);
        AssertNear(expected.PrefillFinish, actual.PrefillFinish);
        AssertNear(expected.NewToken, actual.NewToken);
        AssertNear(expected.TransferFinish, actual.TransferFinish);
        AssertNear(expected.DecodeStart, actual.DecodeStart);
        AssertNear(expected.FirstDecodeStart, actual.FirstDecodeStart);
        AssertNear(expected.Finish, actual.Finish);
        AssertNear(expected.Recompute, actual.Recompute);
        AssertNear(expected.TakenIn ?? default, actual.TakenIn ?? default);
        AssertNear(expected.FirstAnswer ?? default, actual.FirstAnswer ?? default);
        Assert.Equal(expected.TpotSeconds, actual.TpotSeconds, 1e-6);
        Assert.Equal(WithoutTimes(expected), WithoutTimes(actual));
    }

    internal static void AssertNear(SimTime expected, SimTime actual) =>
        Assert.InRange(actual.Nanoseconds, expected.Nanoseconds - 1000, expected.Nanoseconds + 1000);

    private static RequestRecord WithoutTimes(in RequestRecord record) =>
        record with
        {
            PrefillStart = default,
            PrefillFinish = default,
            SentByDecode = null,
            TransferFinish = default,
            DecodeStart = default,
            FirstDecodeStart = default,
            Finish = default,
            Recompute = default,
            TpotSeconds = 0,
            TakenIn = null,
            FirstAnswer = null,
        };

    /// <summary>A prefill instance works on one request at a time.</summary>
    private static void AssertOneAtATime(IEnumerable<RequestRecord> records)
    {
        foreach (var instance in records.Where(record => !record.IsRejected).GroupBy(r => r.PrefillInstance))
        {
            var inOrder = instance.OrderBy(record => record.PrefillStart).ToList();
            foreach (var (earlier, later) in inOrder.Zip(inOrder.Skip(1)))
            {
                Assert.True(earlier.PrefillFinish <= later.PrefillStart);
            }
        }
    }
}
