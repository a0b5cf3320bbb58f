using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Models;
using Xunit;

namespace LlmSim.Tests.Fleets;

/// <summary>
/// Nothing is lost and nothing counted twice, whatever clients and instances do. Runs end with blocks and queues empty, and tokens accounted for,
/// or they stop: these are invariants of every run.
/// </summary>
public sealed class ConservationTests
{
    private const int Clusters = 1000;

    [Fact]
    public void Every_request_ends_once()
    {
        var outcomes = new long[4];
        var (retries, failovers, notSent, wasted, migrations, switches, ofOther, swaps) = (
            0L,
            0L,
            0L,
            0L,
            0L,
            0L,
            0L,
            0L
        );
        for (var seed = 1; seed <= Clusters; seed++)
        {
            var cluster = new DisturbedCluster(seed);
            var records = new List<RequestRecord>();
            var summary = Run(cluster, records);

            Assert.Equal(cluster.Turns - (summary.Service?.TurnsNotSent ?? 0), summary.Requests);
            Assert.Equal(summary.Requests, records.Count);
            Assert.Equal(records.Count, records.Select(record => record.Id).Distinct().Count());
            var scenario = cluster.NewScenario();
            Assert.All(
                records,
                record => Assert.True(WasWithItsModel(record, scenario), $"{cluster}: {record}")
            );
            swaps += summary.Fleet?.Swaps ?? 0;
            ofOther += records.Count(record =>
                record is { Model: TwoModels.Other, Outcome: Outcome.Finished }
            );
            foreach (var outcome in records)
            {
                outcomes[(int)outcome.Outcome]++;
            }

            retries += summary.Service?.Retries ?? 0;
            failovers += summary.Service?.Failovers ?? 0;
            notSent += summary.Service?.TurnsNotSent ?? 0;
            switches += summary.Fleet?.RoleSwitches ?? 0;
            migrations += summary.Fleet?.Migrations ?? 0;
            wasted += summary.Service?.WastedTokens ?? 0;
        }

        // The clusters reach what they are for.
        Assert.All(outcomes, count => Assert.True(count > 100, string.Join(", ", outcomes)));
        Assert.All(
            new[] { retries, failovers, notSent, wasted, migrations, switches, ofOther, swaps },
            count => Assert.True(count > 100, $"{count}")
        );
    }

    [Fact]
    public void Macro_steps_give_what_single_steps_give()
    {
        for (var seed = 1; seed <= Clusters / 2; seed++)
        {
            var cluster = new DisturbedCluster(seed);
            var macro = Step(cluster, maxIterationsPerEvent: 4096);
            var single = Step(cluster, maxIterationsPerEvent: 1);
            Assert.Equal(single.Count, macro.Count);
            Assert.All(
                single.Zip(macro),
                pair =>
                    Assert.True(IsSame(pair.First, pair.Second), $"{cluster}: {pair.First}, {pair.Second}")
            );
        }
    }

    /// <summary>Whether the instances that served a request serve its model.</summary>
    private static bool WasWithItsModel(RequestRecord record, Scenario scenario)
    {
        var firstMixed = Math.Max(scenario.PrefillRoles.Count, scenario.DecodeRoles.Count);
        bool Serves(IReadOnlyList<InstanceSpec> stage, int index) =>
            index < 0
            || (index < firstMixed ? stage[index] : scenario.MixedInstances[index - firstMixed]).Model
                == record.Model;
        return record.Outcome != Outcome.Finished
            || (
                Serves(scenario.PrefillRoles, record.PrefillInstance)
                && Serves(scenario.DecodeRoles, record.DecodeInstance)
            );
    }

    private static bool IsSame(in RequestRecord one, in RequestRecord other) =>
        (one.Id, one.Outcome, one.Attempts, one.Failovers)
            == (other.Id, other.Outcome, other.Attempts, other.Failovers)
        && Math.Abs(one.Finish.Seconds - other.Finish.Seconds) <= 1e-6
        && Math.Abs(one.PrefillFinish.Seconds - other.PrefillFinish.Seconds) <= 1e-6;

    private static RunSummary Run(DisturbedCluster cluster, List<RequestRecord> records)
    {
        try
        {
            return Simulator.Run(
                cluster.NewScenario(),
                cluster.Requests,
                records.Add,
                TestContext.Current.CancellationToken
            );
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{cluster}", e);
        }
    }

    private static List<RequestRecord> Step(DisturbedCluster cluster, int maxIterationsPerEvent)
    {
        var scenario = cluster.NewScenario();
        var records = new List<RequestRecord>();
        var run = new Cluster(
            scenario,
            cluster.Requests,
            Recorders.For(scenario, records.Add),
            maxIterationsPerEvent
        );
        run.Run(TestContext.Current.CancellationToken);
        return [.. records.OrderBy(record => record.Id)];
    }
}
