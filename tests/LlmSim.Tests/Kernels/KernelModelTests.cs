using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class KernelModelTests
{
    private static readonly string[] s_models =
    [
        "meta-llama/Llama-3.1-8B",
        "unsloth/Llama-3.3-70B-Instruct",
        "Qwen/Qwen3-30B-A3B",
        "deepseek-ai/DeepSeek-V3",
    ];

    public static TheoryData<string, string, int> Instances =>
        new(
            KernelCatalog
                .Names.Select(name => name.Hardware)
                .Concat(["NVIDIA_H20", "NVIDIA_4090", "AMD_MI300X"])
                .Distinct()
                .SelectMany(hardware =>
                    s_models.SelectMany(model => new[] { 1, 4 }.Select(tp => (hardware, model, tp)))
                )
                .Where(instance => IsMeasured(instance.hardware, instance.model))
        );

    [Theory]
    [MemberData(nameof(Instances))]
    public void No_batch_is_faster_than_the_roofline(string hardware, string id, int tpSize)
    {
        var (kernels, roofline) = Models(hardware, id, tpSize);
        var random = new Random(7);
        for (var i = 0; i < 40; i++)
        {
            var requests = random.Next(1, 300);
            var context = random.Next(1, 20_000);
            var decode = new DecodeBatch(requests, (long)requests * context, context);
            Assert.InRange(roofline.DecodeSeconds(decode), 0, kernels.DecodeSeconds(decode));
            Assert.InRange(roofline.PrefillSeconds(context), 0, kernels.PrefillSeconds(context));
        }
    }

    [Theory]
    [MemberData(nameof(Instances))]
    public void A_trend_goes_through_the_seconds_of_its_iterations(string hardware, string id, int tpSize)
    {
        var (kernels, _) = Models(hardware, id, tpSize);
        var random = new Random(11);
        for (var i = 0; i < 20; i++)
        {
            var requests = random.Next(1, 300);
            var context = random.Next(2, 9_000);
            var trend = kernels.Trend(At(0));
            foreach (var later in (int[])[0, 1, Math.Min(trend.Iterations, 5_000) - 1])
            {
                if (later < trend.Iterations)
                {
                    var seconds = trend.Seconds + later * trend.GrowthSeconds;
                    Assert.Equal(kernels.DecodeSeconds(At(later)), seconds, 1e-12);
                }
            }

            DecodeBatch At(int later) => new(requests, (long)requests * (context + later), context + later);
        }
    }

    /// <summary>131,072 tokens of 16,384 values are 2³¹: beyond what 32 bits count.</summary>
    [Fact]
    public void All_reduces_of_long_prompts_take_their_time()
    {
        var (kernels, _) = Models("NVIDIA_H100_SXM", "meta-llama/Llama-3.1-405B", 8);

        var (shorter, longer) = (kernels.PrefillSeconds(131_071), kernels.PrefillSeconds(131_072));
        Assert.InRange(longer, shorter, 1.001 * shorter);
    }

    [Fact]
    public void What_lies_beyond_a_table_is_counted_by_table()
    {
        var (kernels, _) = Models("NVIDIA_H100_SXM", s_models[0], 1);
        _ = kernels.DecodeSeconds(new(16, 16 * 1_000, 1_000));
        Assert.Equal((1, 0), (kernels.Iterations, kernels.IterationsOutOfRange));

        _ = kernels.DecodeSeconds(new(2, 2L * 900_000, 900_000));
        _ = kernels.Trend(new DecodeBatch(100_000, 100_000 * 100L, 100));
        _ = kernels.Seconds(IterationBatch.OfPrompt(500_000));
        _ = kernels.PrefillSeconds(1_000);

        Assert.Equal((5, 3), (kernels.Iterations, kernels.IterationsOutOfRange));
        Assert.Equal(
            [("attention", 3L), ("tokens", 2), ("weights", 0)],
            kernels.OutOfRange.Select(table => (table.Key, table.Value))
        );
    }

    [Fact]
    public void A_set_is_the_same_after_it_was_written_and_read()
    {
        var kernels = KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!;
        using var stream = new MemoryStream();
        KernelSetFile.Write(stream, kernels);
        stream.Position = 0;
        var again = KernelSetFile.Read(stream, "a.kernels");

        Assert.Equal(kernels.Source, again.Source);
        Assert.Equal(kernels.Grids.Keys, again.Grids.Keys);
        Assert.All(
            kernels.Grids,
            grid => Assert.Equal(grid.Value.MeasuredLogRatios, again.Grids[grid.Key].MeasuredLogRatios)
        );
    }

    [Fact]
    public void A_damaged_file_is_an_error()
    {
        using var stream = new MemoryStream();
        KernelSetFile.Write(stream, KernelCatalog.Find("NVIDIA_A100_80G", "vllm")!);
        var bytes = stream.ToArray();

        Assert.All(
            [
                [],
                [1, 2, 3],
                bytes[..^100],
                bytes[..20],
            ],
            (byte[] damaged) =>
                Assert.StartsWith(
                    "a.kernels: not a whole file of kernels",
                    Assert
                        .Throws<UserErrorException>(() =>
                            KernelSetFile.Read(new MemoryStream(damaged), "a.kernels")
                        )
                        .Message,
                    StringComparison.Ordinal
                )
        );
    }

    [Theory]
    [InlineData("deepseek-ai/DeepSeek-V3", "latent_", "latent attention")]
    [InlineData("Qwen/Qwen3-30B-A3B", "experts", "experts")]
    public void What_was_not_measured_is_refused_by_its_name(string id, string left, string missing)
    {
        var whole = KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!;
        var grids = new SortedDictionary<string, KernelGrid>(StringComparer.Ordinal);
        foreach (var (name, grid) in whole.Grids)
        {
            if (!name.StartsWith(left, StringComparison.Ordinal))
            {
                grids.Add(name, grid);
            }
        }

        var shapes = left == "experts" ? new Dictionary<string, ExpertShape[]>() : whole.ExpertShapes;
        var part = new KernelSet(whole.Source, whole.Roofs, grids, shapes);

        var error = Assert.Throws<UserErrorException>(() => Of(part));

        Assert.Contains(
            $"{id} has {missing}, which was not measured on NVIDIA_H100_SXM",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.NotNull(Of(whole));

        KernelModel Of(KernelSet kernels) =>
            new(
                kernels,
                ModelCatalog.BuiltIn.Get(id),
                new(),
                Scenes.Instance("NVIDIA_H100_SXM", 8),
                Semantics.Standard
            );
    }

    /// <summary>Few tokens meet the shared experts in a stream beside the routed ones, which hides the launches and not the work.</summary>
    [Theory]
    [InlineData(8, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void Shared_experts_beside_routed_ones_cost_less_than_alone(int tokens, bool isBeside)
    {
        var model = ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-V3");
        var experts = model.MixtureOfExperts!;
        var without = model with { MixtureOfExperts = experts with { SharedIntermediateSize = 0 } };
        var kernels = KernelCatalog.Find("NVIDIA_H200", "vllm")!;
        var batch = new DecodeBatch(tokens, tokens * 1_000L, 1_000);

        var cost = Of(model).DecodeSeconds(batch) - Of(without).DecodeSeconds(batch);

        var width = experts.SharedIntermediateSize / 8.0;
        var alone =
            model.ExpertLayers
            * (
                kernels.GemmSeconds(KernelFormat.Bf16, tokens, 2 * width, model.HiddenSize)
                + kernels.GemmSeconds(KernelFormat.Bf16, tokens, model.HiddenSize, width)
            );
        Assert.True(cost > 0);
        Assert.Equal(isBeside, cost < 0.7 * alone);

        KernelModel Of(ModelDescription description) =>
            new(kernels, description, new(), Scenes.Instance("NVIDIA_H200", 8), Semantics.Standard);
    }

    [Theory]
    [InlineData(AllToAllBackend.DeepEpLowLatency, 64)]
    [InlineData(AllToAllBackend.DeepEpHighThroughput, 4096)]
    public void Experts_that_get_their_own_tokens_are_those_of_the_tables_for_it(
        AllToAllBackend backend,
        int tokens
    )
    {
        var whole = KernelCatalog.Find("NVIDIA_H200", "sglang")!;
        var gathered = new KernelSet(
            whole.Source,
            whole.Roofs,
            new(
                whole
                    .Grids.Where(grid => !grid.Key.StartsWith("experts_sent", StringComparison.Ordinal))
                    .ToDictionary(),
                StringComparer.Ordinal
            ),
            whole.ExpertShapes
        );
        var batch = IterationBatch.OfPrompt(tokens);

        var (sent, all) = (Of(whole, backend), Of(gathered, backend));

        Assert.True(sent.Seconds(batch) < 0.9 * all.Seconds(batch));
        Assert.Equal(
            Of(gathered, AllToAllBackend.AllGatherReduceScatter).Seconds(batch),
            Of(whole, AllToAllBackend.AllGatherReduceScatter).Seconds(batch)
        );

        static KernelModel Of(KernelSet kernels, AllToAllBackend backend)
        {
            return new(
                kernels,
                ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-V3"),
                new(),
                Scenes.Instance("NVIDIA_H200", 1) with
                {
                    ExpertParallel = 16,
                    AllToAllBackend = backend,
                },
                Semantics.Standard
            );
        }
    }

    private static bool IsMeasured(string hardware, string id)
    {
        var kernels = KernelCatalog.Find(hardware, "vllm")!;
        var model = ModelCatalog.BuiltIn.Get(id);
        return (model.MixtureOfExperts is null || kernels.HasExperts)
            && (model.LatentAttention is null || kernels.HasLatentAttention);
    }

    private static (KernelModel Kernels, RooflineModel Roofline) Models(
        string hardware,
        string id,
        int tpSize
    )
    {
        var model = ModelCatalog.BuiltIn.Get(id);
        var instance = Scenes.Instance(hardware, tpSize);
        var precision = new Precision();
        return (
            new(KernelCatalog.Find(hardware, "vllm")!, model, precision, instance, Semantics.Standard),
            new(model, precision, instance, Semantics.Standard)
        );
    }
}
