using LlmSim.Experiments;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Planning;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Planning;

public sealed class PlanShapesTests
{
    private const string Dense = "meta-llama/Llama-3.1-8B";
    private const string WithExperts = "Qwen/Qwen3-30B-A3B";
    private const string WithLatentAttention = "deepseek-ai/DeepSeek-V3";

    [Fact]
    public void All_shapes_have_names_of_their_own()
    {
        var shapes = Of(
            WithExperts,
            new ShapeChoice
            {
                Hardware = ["H100", "B200"],
                AttentionDp = [1, 2],
                ChunkSizes = [2048, 4096],
                DecodeHardware = ["H200", "B200"],
                DecodeTpSizes = [1, 2],
                Setups =
                [
                    new ServingSetup { Precision = "fp8", PrefillLocal = "fcfs" },
                    new ServingSetup { Precision = "fp8", PrefillLocal = "random:seed=1" },
                ],
            }
        );

        Assert.True(shapes.Count > 100);
        Assert.Equal(shapes.Count, shapes.Select(shape => shape.Name).Distinct().Count());
        Assert.All(shapes, shape => Assert.DoesNotContain(shape.Name, "/:= ".Contains));
    }

    [Fact]
    public void Instances_decode_on_the_accelerators_that_prefill_unless_told_otherwise()
    {
        var same = Of(Dense, new ShapeChoice { Hardware = ["H100", "H200"], TpSizes = [1, 2] });
        var apart = Of(
            Dense,
            new ShapeChoice
            {
                Hardware = ["H100"],
                TpSizes = [2],
                DecodeHardware = ["H200", "H20"],
                DecodeTpSizes = [1, 4],
            }
        );

        Assert.All(
            same,
            shape => Assert.True(shape.DecodeLayout is null || shape.DecodeLayout == shape.Layout)
        );
        Assert.Equal(
            [
                "h100_sxm-tp2",
                "h100_sxm-tp2+h200-tp1-pd",
                "h100_sxm-tp2+h200-tp4-pd",
                "h100_sxm-tp2+h20-tp1-pd",
                "h100_sxm-tp2+h20-tp4-pd",
            ],
            apart.Select(shape => shape.Name)
        );
    }

    [Theory]
    [InlineData(WithExperts, new[] { 1 })]
    [InlineData(WithLatentAttention, new[] { 1, 2, 4, 8 })]
    public void Attention_is_data_parallel_where_tensor_parallelism_copies_what_it_keeps(
        string model,
        int[] ranks
    )
    {
        var shapes = Of(model, new ShapeChoice { Hardware = ["H200"], TpSizes = [1] });

        Assert.Equal(ranks, shapes.Select(shape => shape.Layout.AttentionDp).Distinct().Order());
        Assert.All(shapes, shape => Assert.Equal(shape.Layout.AttentionDp, shape.Layout.ExpertParallel));
    }

    [Fact]
    public void Data_parallel_attention_needs_experts()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            Of(Dense, new ShapeChoice { AttentionDp = [1, 2] })
        );

        Assert.Equal(
            $"attention_dp: found 1 2 for {Dense}, which has no experts to share; allowed is 1",
            error.Message
        );
    }

    [Fact]
    public void A_format_is_tried_where_model_and_accelerator_can()
    {
        var choice = new ShapeChoice
        {
            Hardware = ["A100_80G", "H100", "B200"],
            TpSizes = [8],
            Disaggregated = false,
            Setups =
            [
                new ServingSetup { Precision = "bf16" },
                new ServingSetup { Precision = "fp8" },
                new ServingSetup { Precision = "nvfp4" },
                new ServingSetup { Precision = "auto" },
            ],
        };

        Assert.Equal(
            [
                "a100_80g-tp8-auto",
                "a100_80g-tp8-bf16",
                "b200-tp8-auto",
                "b200-tp8-bf16",
                "b200-tp8-fp8",
                "b200-tp8-nvfp4",
                "h100_sxm-tp8-auto",
                "h100_sxm-tp8-bf16",
                "h100_sxm-tp8-fp8",
            ],
            Possible(Of(Dense, choice))
        );
        // The files of this model have FP8 in blocks, which an A100 widens.
        var quantized = Of(WithLatentAttention, choice with { AttentionDp = [1] });
        Assert.Equal(
            ["b200-tp8-auto", "b200-tp8-fp8", "b200-tp8-nvfp4", "h100_sxm-tp8-auto", "h100_sxm-tp8-fp8"],
            Possible([.. quantized.Where(shape => shape.Layout.ExpertParallel == 1)])
        );
        Assert.Contains(
            "precision bf16 is wider than the weights in the model's own files, and gains nothing",
            quantized.Select(shape => shape.Impossible)
        );
        Assert.Contains(
            "NVIDIA_H100_SXM has no arithmetic for precision nvfp4",
            quantized.Select(shape => shape.Impossible)
        );
    }

    [Fact]
    public void Policies_of_decode_queues_make_no_kind_of_their_own_of_instances_that_do_both()
    {
        var shapes = Of(
            Dense,
            new ShapeChoice
            {
                Hardware = ["H100"],
                TpSizes = [1],
                Setups =
                [
                    new ServingSetup { PrefillLocal = "fcfs", DecodeLocal = "fcfs" },
                    new ServingSetup { PrefillLocal = "fcfs", DecodeLocal = "shortest" },
                ],
            }
        );

        Assert.Equal(
            ["h100_sxm-tp1-fcfs", "h100_sxm-tp1-pd-fcfs-fcfs", "h100_sxm-tp1-pd-fcfs-shortest"],
            shapes.Select(shape => shape.Name)
        );
    }

    [Theory]
    [InlineData("vllm", 8192, 256, AllToAllBackend.AllGatherReduceScatter)]
    [InlineData("sglang", 2048, 512, AllToAllBackend.DeepEpLowLatency)]
    public void The_ranks_of_a_group_advance_together_and_divide_the_experts(
        string engine,
        int tokens,
        int sequences,
        AllToAllBackend decodeBackend
    )
    {
        var layout = PlanCases.Layout("NVIDIA_H100_SXM", 2) with { AttentionDp = 4, ExpertParallel = 8 };
        var shape = new InstanceShape
        {
            Layout = layout,
            DecodeLayout = layout,
            Engine = EngineDefaults.Kinds[engine],
        };
        var candidate = new Candidate(shape, ClusterSize.Of(1, 2));

        var cluster = ClusterFile.Read(
            System.Text.Encoding.UTF8.GetBytes(shape.ClusterFile(candidate.Size)),
            "cluster.json",
            new(HardwareCatalog.BuiltIn.Get, name => name, ModelCatalog.BuiltIn.Get)
        );

        Assert.Equal(24, candidate.Accelerators);
        Assert.Equal(12, cluster.Count);
        Assert.Equal(
            [("prefill 0", 4), ("decode 0", 4), ("decode 1", 4)],
            cluster
                .GroupBy(entry => entry.Instance.Engine!.DataParallelGroup!)
                .Select(group => (group.Key, group.Count()))
        );
        Assert.All(
            cluster,
            entry =>
            {
                Assert.Equal((2, 8), (entry.Instance.TpSize, entry.Instance.ExpertParallel));
                Assert.Equal(
                    (tokens, sequences),
                    (entry.Instance.Engine!.MaxBatchedTokens, entry.Instance.Engine.MaxSequences)
                );
            }
        );
        Assert.Equal(decodeBackend, cluster[^1].Instance.AllToAllBackend);
    }

    [Theory]
    [InlineData("vllm", "--data-parallel-size 4", "--tensor-parallel-size 2")]
    [InlineData("sglang", "--enable-dp-attention --dp-size 4", "--tp-size 8")]
    [InlineData("trtllm", "enable_attention_dp: true", "--tp_size 8")]
    public void Commands_start_groups_of_ranks(string engine, string ranks, string size)
    {
        var shape = new InstanceShape
        {
            Layout = PlanCases.Layout("NVIDIA_H100_SXM", 2) with { AttentionDp = 4, ExpertParallel = 8 },
            Engine = EngineDefaults.Kinds[engine],
            Setup = new ServingSetup { Precision = "nvfp4" },
        };

        var script = Deployment.Script(new Candidate(shape, ClusterSize.OfMixed(1)), new RunConfiguration());

        Assert.Contains(ranks, script, StringComparison.Ordinal);
        Assert.Contains(size, script, StringComparison.Ordinal);
        Assert.Contains("a checkpoint with weights in nvfp4", script, StringComparison.Ordinal);
        Assert.Contains("8 NVIDIA_H100_SXM each", script, StringComparison.Ordinal);
    }

    private static IReadOnlyList<InstanceShape> Of(string model, ShapeChoice choice) =>
        PlanShapes.Of(
            choice,
            ModelCatalog.BuiltIn.Get(model),
            new PrecisionRequest(),
            HardwareCatalog.BuiltIn
        );

    private static IEnumerable<string> Possible(IEnumerable<InstanceShape> shapes) =>
        shapes
            .Where(shape => shape.Impossible is null)
            .Select(shape => shape.Name)
            .Order(StringComparer.Ordinal);
}
