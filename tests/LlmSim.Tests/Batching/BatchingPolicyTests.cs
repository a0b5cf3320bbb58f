using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Rules of the user's own: batching policies.</summary>
public sealed class BatchingPolicyTests
{
    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 100,
        BlockTokens = 10,
        KvBlocks = 13,
        AsyncScheduling = false,
        CapturedSizes = [],
    };

    /// <summary>vLLM's rule written as a policy gives the schedule of the engine, in clusters of each kind.</summary>
    [Theory]
    [InlineData(false, false, false, 400)]
    [InlineData(true, false, false, 150)]
    [InlineData(false, true, false, 150)]
    [InlineData(false, false, true, 150)]
    public void The_engines_rule_as_a_policy_gives_the_engines_schedule(
        bool tiers,
        bool adapters,
        bool images,
        int scenarios
    )
    {
        long preemptions = 0;
        Parallel.For(
            0,
            scenarios,
            seed =>
            {
                var random = new RandomEngineScenario(seed, tiers: tiers, adapters: adapters, images: images);
                // As where victims are chosen, blocks are written to tiers once it is sure who computes.
                var (engines, cluster) = Run(
                    random,
                    policies => tiers ? policies with { Victim = new LatestPolicy() } : policies,
                    maxIterationsPerEvent: 1
                );
                var engine = cluster.BatchedInstances[0].Spec.Engine!;
                if (tiers && !engine.ChunkedPrefill)
                {
                    // To look at the next one is to begin to read for it, before others have what they compute.
                    return;
                }

                var (own, ownCluster) = Run(
                    random,
                    new VllmRule(engine.ChunkedPrefill, engine.LongPrefillTokens)
                );

                Assert.True(
                    engines.SequenceEqual(own),
                    $"seed {seed}: {engines.Zip(own).FirstOrDefault(pair => pair.First != pair.Second)}"
                );
                Assert.Equal(
                    cluster.BatchedInstances.Select(instance => instance.Cache.HitTokens),
                    ownCluster.BatchedInstances.Select(instance => instance.Cache.HitTokens)
                );
                Interlocked.Add(ref preemptions, cluster.Evictions);
            }
        );

        Assert.True(preemptions > 100, $"{preemptions} preemptions");
    }

    /// <summary>Whatever a rule plans, requests get their tokens and blocks come back: the run states it at its end.</summary>
    [Fact]
    public void A_rule_that_plans_at_random_loses_nothing()
    {
        long preemptions = 0;
        Parallel.For(
            0,
            300,
            seed =>
            {
                var random = new RandomEngineScenario(seed, tiers: seed % 3 == 1, adapters: seed % 3 == 2);

                var (records, cluster) = Run(random, new ErraticRule(seed));

                Assert.Equal(
                    random.Requests.Select(request => request.Id),
                    records.Select(record => record.Id).Order()
                );
                Interlocked.Add(ref preemptions, cluster.Evictions);
            }
        );

        Assert.True(preemptions > 1000, $"{preemptions} preemptions");
    }

    [Theory]
    [InlineData("nothing", "it planned no tokens for 0 running and 1 waiting requests; a plan has to")]
    [InlineData("none running", "it planned no tokens for 1 running and 0 waiting requests; a plan has to")]
    [InlineData("too many", "tokens ('21') must be less than or equal to '1'")]
    [InlineData("twice", "request 0 (PrefillLocal) has 20 tokens of this iteration already")]
    [InlineData("nobody", "there are 1 running requests")]
    [InlineData("no tokens", "tokens ('0') must be greater than or equal to '1'")]
    [InlineData("late", "a plan that has admitted somebody cannot preempt any more")]
    public void A_plan_that_cannot_be_is_the_authors_error(string mistake, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Run(s_engine, new WrongRule(mistake)));

        Assert.StartsWith("policy WrongRule: at ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_sees_what_the_engine_holds()
    {
        var rule = new WatchingRule();

        // 13 blocks, of which one is the engine's own.
        var records = Run(s_engine, rule);

        Assert.Single(records);
        Assert.Equal(
            [
                // The prompt of 45 tokens takes 5 blocks and is computed in parts of 25; then there are four tokens to come.
                (0, 1, 12, 0, 0),
                (1, 0, 9, 25, 20),
                (1, 0, 7, 45, 1),
                (1, 0, 7, 46, 1),
                (1, 0, 7, 47, 1),
                (1, 0, 7, 48, 1),
            ],
            rule.Seen
        );
    }

    [Theory]
    [InlineData(2, "pp_size 2; allowed with a rule of your own: pp_size 1")]
    [InlineData(1, "speculative_config; a rule of your own plans no drafts")]
    public void What_a_rule_cannot_plan_is_refused(int stages, string message)
    {
        var random = new RandomEngineScenario(3, ppSize: stages, speculates: stages == 1);

        var error = Assert.Throws<UserErrorException>(() => Run(random, new VllmRule(true, 0)));

        Assert.StartsWith("batching: found 'VllmRule' with ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static (List<RequestRecord> Records, Cluster Cluster) Run(
        RandomEngineScenario random,
        IBatchingPolicy rule
    ) => Run(random, policies => policies with { Batching = rule }, maxIterationsPerEvent: 4096);

    private static (List<RequestRecord> Records, Cluster Cluster) Run(
        RandomEngineScenario random,
        Func<PolicySet, PolicySet> changed,
        int maxIterationsPerEvent
    ) =>
        EnginePropertyTests.Run(
            random,
            maxIterationsPerEvent,
            scenario => scenario with { Policies = changed(scenario.Policies) }
        );

    private static List<RequestRecord> Run(EngineSpec engine, IBatchingPolicy rule)
    {
        var scenario = EngineScenarios.Cluster(new IterationTimesModel(1, 0.01), engine, mixed: 1);
        RequestSpec[] requests = [new(0, default, rule is WatchingRule ? 45 : 20, 5)];
        return EngineScenarios
            .Run(scenario with { Policies = scenario.Policies with { Batching = rule } }, requests)
            .Records;
    }

    /// <summary>The scheduler of vLLM V1.</summary>
    private sealed class VllmRule(bool chunked, int longest) : IBatchingPolicy
    {
        public void Plan(in BatchingContext context)
        {
            var budget = context.MaxBatchedTokens;
            var preempted = false;
            for (var i = 0; i < context.Running && budget > 0; i++)
            {
                var tokens = Math.Min(Part(context.RunningAt(i).TokensToCompute), budget);
                while (!context.TryCompute(i, tokens))
                {
                    preempted = true;
                    context.Preempt(context.Running - 1);
                    if (i == context.Running)
                    {
                        return;
                    }
                }

                budget -= context.RunningAt(i).PlannedTokens;
            }

            while (!preempted && budget > 0)
            {
                var tokens = Part(budget);
                if (!chunked)
                {
                    if (
                        !context.TryNext(out var next)
                        || (next.TokensToCompute > budget && budget < context.MaxBatchedTokens)
                    )
                    {
                        return;
                    }

                    tokens = next.TokensToCompute;
                }

                var planned = context.Admit(tokens);
                if (planned == 0)
                {
                    return;
                }

                budget -= planned;
            }
        }

        private int Part(int tokens) => longest > 0 && chunked ? Math.Min(tokens, longest) : tokens;
    }

    /// <summary>Gives some requests some of their tokens, preempts and admits without a reason.</summary>
    private sealed class ErraticRule(int seed) : IBatchingPolicy
    {
        private readonly Random _random = new(seed);

        public void Plan(in BatchingContext context)
        {
            var isAnyPlanned = false;
            while (context.Running > 1 && _random.Next(40) == 0)
            {
                context.Preempt(_random.Next(context.Running));
            }

            for (var i = 0; i < context.Running; i++)
            {
                // The last one that might be planned is.
                if (_random.Next(3) == 0 && (isAnyPlanned || i + 1 < context.Running))
                {
                    continue;
                }

                var tokens = 1 + _random.Next(context.RunningAt(i).TokensToCompute);
                while (!context.TryCompute(i, tokens))
                {
                    context.Preempt(context.Running - 1);
                    if (i == context.Running)
                    {
                        return;
                    }
                }

                isAnyPlanned = true;
            }

            while (_random.Next(4) > 0 || !isAnyPlanned)
            {
                if (context.Admit(1 + _random.Next(50)) == 0)
                {
                    return;
                }

                isAnyPlanned = true;
            }
        }
    }

    private sealed class WrongRule(string mistake) : IBatchingPolicy
    {
        public void Plan(in BatchingContext context)
        {
            if (mistake == "nothing")
            {
                return;
            }

            if (context.Running == 0)
            {
                context.Admit(mistake is "late" or "none running" ? 10 : 20);
                if (mistake == "late")
                {
                    context.Preempt(0);
                }

                if (mistake == "nobody")
                {
                    context.RunningAt(1);
                }

                if (mistake == "twice")
                {
                    context.TryCompute(0, 1);
                }

                return;
            }

            if (mistake == "no tokens")
            {
                context.TryCompute(0, 0);
            }

            if (mistake == "too many")
            {
                context.TryCompute(0, 21);
            }
        }
    }

    private sealed class WatchingRule : IBatchingPolicy
    {
        public List<(int Running, int Waiting, int FreeBlocks, int Computed, int ToCompute)> Seen { get; } =
        [];

        public void Plan(in BatchingContext context)
        {
            var first = context.Running > 0 ? context.RunningAt(0) : default;
            Seen.Add(
                (
                    context.Running,
                    context.Waiting,
                    context.FreeBlocks,
                    first.ComputedTokens,
                    first.TokensToCompute
                )
            );
            if (context.Running == 0)
            {
                context.Admit(25);
            }
            else
            {
                context.TryCompute(0, first.TokensToCompute);
            }
        }
    }
}
