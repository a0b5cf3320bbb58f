using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Tests.Properties;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Instances whose layers are divided over the stages of a pipeline.</summary>
public sealed class PipelineTests
{
    private const double IterationSeconds = 0.012;

    /// <summary>An iteration fills the budget with one prompt.</summary>
    private static readonly EngineSpec s_engine = new()
    {
        MaxBatchedTokens = 100,
        KvBlocks = 10_000,
        CapturedSizes = [],
    };

    public static TheoryData<EngineKind, bool, int> Rules { get; } =
        new()
        {
            { EngineKind.Vllm, false, 2 },
            { EngineKind.Vllm, false, 4 },
            { EngineKind.Sglang, false, 3 },
            { EngineKind.Sglang, true, 2 },
            { EngineKind.TensorRtLlm, false, 4 },
        };

    /// <summary>m micro-batches pass s equal stages in m + s − 1 steps, of which each stage has nothing to do in s − 1 (GPipe, arXiv:1811.06965).</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(12, 4)]
    [InlineData(40, 12)]
    public void The_bubble_is_that_of_the_closed_form(int microBatches, int stages)
    {
        var (records, summary) = Run(Stages(stages), [.. Enumerable.Repeat((0.0, 100, 1), microBatches)]);

        var step = IterationSeconds / stages;
        Near((microBatches + stages - 1) * step, records.Max(record => record.PrefillFinish.Seconds));
        Near((stages - 1.0) / (microBatches + stages - 1), summary.Instances[0].PipelineBubble);
        Assert.Equal(
            Enumerable.Range(0, microBatches).Select(i => (i + stages) * step),
            records.Select(record => record.PrefillFinish.Seconds).Order(),
            (expected, found) => Math.Abs(expected - found) < 1e-7
        );
    }

    [Fact]
    public void The_parts_of_one_prompt_follow_each_other_through_the_stages()
    {
        var (records, _) = Run(Stages(4), (0, 700, 1));

        Near((7 + 4 - 1) * IterationSeconds / 4, records[0].PrefillFinish.Seconds);
    }

    [Fact]
    public void The_slowest_stage_sets_the_pace()
    {
        var scenario = Stages(3, layers: 12, [3, 7, 2]);
        var (records, _) = Run(scenario, [.. Enumerable.Repeat((0.0, 100, 1), 9)]);

        // As many micro-batches as stages are under way, and the slow one is never without work.
        var (layer, slow) = (IterationSeconds / 12, 7 * IterationSeconds / 12);
        Near((3 * layer) + (9 * slow) + (2 * layer), records.Max(record => record.PrefillFinish.Seconds));
    }

    [Fact]
    public void A_single_request_decodes_in_one_stage_after_the_other()
    {
        var (records, summary) = Run(Stages(4), (0, 50, 11));

        Near(IterationSeconds * 11, records[0].Finish.Seconds);
        Near(0.75, summary.Instances[0].PipelineBubble);
    }

    [Fact]
    public void Decoding_requests_in_as_many_micro_batches_as_stages_leave_no_bubble()
    {
        // Each prompt fills an iteration, so that four micro-batches come to be; when all decode, an iteration has one of them.
        var (records, _) = Run(Stages(4), [.. Enumerable.Repeat((0.0, 100, 101), 4)]);

        // The last prompt is computed in steps 4 to 7, then 100 tokens take the time of all stages each.
        Near(((4 + 3) * IterationSeconds / 4) + (100 * IterationSeconds), records.Max(r => r.Finish.Seconds));
        Assert.All(records, record => Near(IterationSeconds, record.TpotSeconds));
    }

    [Fact]
    public void What_goes_to_the_next_stage_takes_the_time_of_the_link()
    {
        var fast = Stages(2, layers: 2);
        var spec = fast.MixedInstances[0];
        var slow = fast with
        {
            Model = fast.Model with { HiddenSize = 1000 },
            MixedInstances = [spec with { LinkBytesPerSecond = 1e6, LinkLatencySeconds = 0 }],
        };
        var precision = slow.Precision.HiddenState.BytesPerValue;

        var (records, _) = Run(slow, (0, 100, 1));

        // Hidden states and residuals of 100 tokens; the share of the bandwidth is that of rings over PCIe.
        var bytes = 2 * 100 * 1000 * precision;
        var transfer = records[0].PrefillFinish.Seconds - IterationSeconds;
        Assert.InRange(transfer, bytes / 1e6, 4 * bytes / 1e6);
        var twice = slow with { MixedInstances = [slow.MixedInstances[0] with { LinkBytesPerSecond = 2e6 }] };
        Near(transfer / 2, Run(twice, (0, 100, 1)).Records[0].PrefillFinish.Seconds - IterationSeconds);
    }

    [Fact]
    public void Stages_in_other_nodes_are_reached_through_the_network()
    {
        var scenario = Stages(4, layers: 4);
        var spec = scenario.MixedInstances[0] with { NicBytesPerSecond = 1e30, NicLatencySeconds = 0.001 };

        double Seconds(int gpusPerNode) =>
            Run(scenario with { MixedInstances = [spec with { GpusPerNode = gpusPerNode }] }, (0, 100, 1))
                .Records[0]
                .PrefillFinish.Seconds;

        Near(IterationSeconds, Seconds(4));
        Near(IterationSeconds + 0.001, Seconds(2));
        Near(IterationSeconds + 0.003, Seconds(1));
    }

    [Fact]
    public void Most_requests_are_those_of_all_micro_batches()
    {
        var scenario = Stages(2);
        var spec = scenario.MixedInstances[0];
        EngineSpec Few(EngineKind kind) =>
            s_engine with
            {
                Kind = kind,
                MaxSequences = 2,
                ChunkedPrefill = true,
            };

        int Most(EngineKind kind)
        {
            var (records, _) = Run(
                scenario with
                {
                    MixedInstances = [spec with { Engine = Few(kind) }],
                },
                [.. Enumerable.Repeat((0.0, 100, 50), 12)]
            );
            // Those that run when one of them ends.
            return records.Max(one =>
                records.Count(other => other.PrefillStart < one.Finish && one.Finish <= other.Finish)
            );
        }

        Assert.Equal(2, Most(EngineKind.Vllm));
        Assert.Equal(2, Most(EngineKind.Sglang));
        // max_batch_size is that of each micro-batch.
        Assert.Equal(4, Most(EngineKind.TensorRtLlm));
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rules_keep_what_holds_for_all_engines(EngineKind kind, bool mixedChunk, int stages)
    {
        var (evictions, tokens) = (0L, 0L);
        Parallel.For(
            0,
            300,
            seed =>
            {
                try
                {
                    var random = new RandomEngineScenario(
                        seed,
                        kind,
                        mixedChunk,
                        ppSize: stages,
                        tiers: seed % 3 == 0
                    );
                    // A run states at its end that every token was given and no block is held.
                    var (records, cluster) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 4096);
                    var (again, _) = EnginePropertyTests.Run(random, maxIterationsPerEvent: 1);
                    foreach (var (expected, actual) in records.Zip(again))
                    {
                        ClusterPropertyTests.AssertSame(expected, actual);
                    }

                    Assert.Equal(
                        random.Requests.Select(request => request.Id),
                        records.Select(record => record.Id).Order()
                    );
                    Assert.All(
                        cluster.BatchedInstances,
                        instance =>
                        {
                            Assert.Equal(0, instance.Cache.Pool.Total - instance.Cache.Available);
                            Assert.True(
                                instance.Totals.Busy == SimTime.Zero
                                    || instance.PipelineBubble is > -1e-9 and < 1
                            );
                        }
                    );
                    Interlocked.Add(ref evictions, cluster.Evictions);
                    Interlocked.Add(ref tokens, cluster.BatchedInstances.Sum(i => i.ComputedTokens));
                }
                catch (Exception exception)
                {
                    throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
                }
            }
        );

        Assert.True(tokens > 100_000, $"{tokens} tokens");
        // TensorRT-LLM evicts with one of its capacity policies alone: a block that was reserved and is missing stops the run.
        Assert.True(evictions > 0, $"{evictions} evictions");
    }

    [Theory]
    [InlineData(5, null, "pp_size: 5 stages for the 4 layers of tiny; allowed: up to 4")]
    [InlineData(
        2,
        new[] { 1, 2 },
        "pp_layers: found 1 + 2 for 2 stages; allowed: a number of layers from 1 for each stage, 4 together"
    )]
    [InlineData(2, new[] { 4, 0 }, "pp_layers: found 4 + 0 for 2 stages")]
    [InlineData(2, new[] { 1, 1, 2 }, "pp_layers: found 1 + 1 + 2 for 2 stages")]
    public void Stages_that_the_layers_do_not_give_are_named(int stages, int[]? layers, string message) =>
        Refused(Stages(stages, layers: 4, layers), message);

    [Fact]
    public void What_pipelines_do_not_do_is_said()
    {
        var scenario = Stages(2, layers: 4);
        var spec = scenario.MixedInstances[0];
        Refused(
            scenario with
            {
                MixedInstances = [spec with { Engine = s_engine with { DataParallelGroup = "a" } }],
            },
            "pp_size: found beside data_parallel_group a; allowed: one of them"
        );
        Refused(
            scenario with
            {
                MixedInstances =
                [
                    spec with
                    {
                        Engine = s_engine with
                        {
                            Speculation = new()
                            {
                                Method = DraftMethod.Ngram,
                                DraftTokens = 2,
                                Acceptance = [0.5],
                            },
                        },
                    },
                ],
            },
            "pp_size: found beside speculative_config; allowed: one of them"
        );
        Refused(
            scenario with
            {
                MixedInstances = [],
                PrefillInstances = [spec with { Engine = null }],
                DecodeInstances = [spec],
            },
            "pp_size: found 2 on an instance without an engine; allowed there: 1"
        );
    }

    private static void Refused(Scenario scenario, string message) =>
        Assert.Contains(
            message,
            Assert.Throws<UserErrorException>(() => Run(scenario, (0, 10, 2))).Message,
            StringComparison.Ordinal
        );

    private static void Near(double expected, double found) => Assert.Equal(expected, found, 1e-7);

    /// <summary>A mixed instance of so many stages, whose iterations take the same time whatever they hold; the links take none.</summary>
    private static Scenario Stages(int stages, int? layers = null, int[]? perStage = null)
    {
        var scenario = EngineScenarios.Cluster(new IterationTimesModel(IterationSeconds), s_engine, mixed: 1);
        return scenario with
        {
            Model = scenario.Model with { Layers = layers ?? stages },
            MixedInstances =
            [
                scenario.MixedInstances[0] with
                {
                    PpSize = stages,
                    PpLayers = perStage,
                    LinkBytesPerSecond = 1e30,
                    LinkLatencySeconds = 0,
                    GpusPerNode = 64,
                },
            ],
        };
    }

    private static (List<RequestRecord> Records, RunSummary Summary) Run(
        Scenario scenario,
        params (double Arrival, int Input, int Output)[] requests
    ) => EngineScenarios.Run(scenario, requests);
}
