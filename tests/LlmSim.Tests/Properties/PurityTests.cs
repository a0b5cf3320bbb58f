using LlmSim.Experiments.Results;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>Whoever looks at a cluster, however often, changes nothing in it.</summary>
public sealed class PurityTests
{
    private static readonly int s_clusters = RandomRuns.Count(200);

    [Fact]
    public void Reading_every_view_at_every_decision_and_in_between_changes_no_byte()
    {
        var reached = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var seed = 0; seed < s_clusters; seed++)
        {
            var random = new RandomCluster(seed);
            var plain = Run(random, views: null, Observers.None);
            var views = new EveryView();
            var looked = Run(random, views, Observers.EveryView);
            var sampled = Run(random, views: null, Observers.Samples);

            Assert.Equal(plain.Records, looked.Records);
            Assert.Equal(plain.Summary, looked.Summary);
            Assert.Equal(plain.Records, sampled.Records);
            Assert.Equal(plain.Summary, sampled.Summary);
            foreach (var kind in Kinds(random.NewScenario(), looked, sampled.Samples, views))
            {
                reached[kind] = reached.GetValueOrDefault(kind) + 1;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Join('\n', reached.Select(kind => $"{kind.Value} of {s_clusters}: {kind.Key}"))
        );
        Assert.All(AllKinds, kind => Assert.InRange(reached.GetValueOrDefault(kind), 5, s_clusters));
        Assert.Equal(AllKinds.Order(StringComparer.Ordinal), reached.Keys);
    }

    private enum Observers
    {
        None,
        EveryView,
        Samples,
    }

    private static string[] AllKinds =>
        [
            "prefill instances",
            "decode instances",
            "mixed instances",
            "instances without engine",
            "prefill engines",
            "decode engines",
            "data-parallel group",
            "looked at an idle member of a group at work",
            "looked at iterations that were not settled",
            "prefix hits",
            "prefix fetched",
            "preemptions of engines",
            "evictions without engine",
            "rejected for its length",
            "turned away by a policy",
            "evict_all",
            "overshoot",
            "all tokens from decode",
            "queued work of shorter prompts",
            "oracle",
            "noisy oracle",
            "samples",
            .. Enum.GetValues<KvTransfer>().Select(kind => $"transfers: {kind}"),
        ];

    private static IEnumerable<string> Kinds(Scenario scenario, Outcome run, int samples, EveryView views)
    {
        var stages = scenario.PrefillInstances.Concat(scenario.DecodeInstances).ToArray();
        var all = stages.Concat(scenario.MixedInstances).ToArray();
        var semantics = scenario.Semantics;
        var summary = run.Figures;
        var evictions = summary.Evictions - (summary.PagedCache?.Preemptions ?? 0);
        (string Kind, bool Reached)[] kinds =
        [
            ("prefill instances", scenario.PrefillInstances.Count > 0),
            ("decode instances", scenario.DecodeInstances.Count > 0),
            ("mixed instances", scenario.MixedInstances.Count > 0),
            ("instances without engine", stages.Any(spec => spec.Engine is null)),
            ("prefill engines", scenario.PrefillInstances.Any(spec => spec.Engine is not null)),
            ("decode engines", scenario.DecodeInstances.Any(spec => spec.Engine is not null)),
            ("data-parallel group", all.Any(spec => spec.Engine?.DataParallelGroup is not null)),
            ("looked at an idle member of a group at work", views.IdleInGroup > 0),
            ("looked at iterations that were not settled", views.Unsettled > 0),
            ("prefix hits", summary.PagedCache?.HitTokens > 0),
            ("prefix fetched", run.FetchedBytes > 0),
            ("preemptions of engines", summary.PagedCache?.Preemptions > 0),
            ("evictions without engine", evictions > 0),
            ("rejected for its length", summary.Rejections.Keys.Any(reason => reason.Contains("exceed"))),
            ("turned away by a policy", summary.Rejections.Keys.Any(reason => reason.Contains("turned"))),
            ("evict_all", semantics.Saturation == Saturation.EvictAll),
            ("overshoot", semantics.Admission == Admission.Overshoot),
            ("all tokens from decode", semantics.OutputTokens == OutputTokens.AllFromDecode),
            ("queued work of shorter prompts", semantics.QueuedWork == QueuedWork.Shorter),
            ("oracle", scenario.OutputPredictor.Kind == OutputPredictorKind.Oracle),
            ("noisy oracle", scenario.OutputPredictor.Kind == OutputPredictorKind.NoisyOracle),
            ("samples", samples > 0),
            ($"transfers: {semantics.KvTransfer}", stages.Length > 0),
        ];
        return kinds.Where(kind => kind.Reached).Select(kind => kind.Kind);
    }

    private static Outcome Run(RandomCluster random, EveryView? views, Observers observers)
    {
        var scenario = random.NewScenario();
        scenario = scenario with { Policies = EveryView.Around(scenario.Policies, views) };
        var records = new List<RequestRecord>();
        var recorder = Recorders.For(scenario, records.Add);
        var cluster = new Cluster(scenario, random.Requests, recorder, maxIterationsPerEvent: 4096);
        var samples = 0;
        if (observers == Observers.EveryView)
        {
            views!.Instances = [.. cluster.Instances];
            cluster.Observe(new EveryView.Observer(views, (int)scenario.Seed));
        }
        else if (observers == Observers.Samples)
        {
            var plan = new SamplingPlan(_ => samples++) { IntervalSeconds = 0.0317, EventRate = 0.3 };
            cluster.Observe(
                new ClusterSampler(plan, scenario.Seed, cluster.StagedInstances, () => cluster.Now)
            );
        }

        cluster.Run(TestContext.Current.CancellationToken);
        var summary = recorder.Summarize(
            makespan => ClusterReport.Usages(cluster, makespan),
            ClusterReport.PolicyCounters(cluster, scenario.Policies),
            cluster.Evictions,
            cluster.DecodeIterations,
            ClusterReport.CacheUsage(cluster),
            cluster.EventCount
        );
        return new Outcome(
            string.Join('\n', records),
            SummaryJson.Text(summary),
            summary,
            cluster.FetchedBytes,
            samples
        );
    }

    /// <summary>What a run gives.</summary>
    /// <param name="Records">All of every record, with doubles that read back as the same bits.</param>
    /// <param name="Summary">The same of the summary.</param>
    /// <param name="Figures">The summary.</param>
    /// <param name="FetchedBytes">Bytes of prefixes that came from another instance.</param>
    /// <param name="Samples">Samples of instances.</param>
    private sealed record Outcome(
        string Records,
        string Summary,
        RunSummary Figures,
        long FetchedBytes,
        int Samples
    );
}
