using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Performance;
using Xunit;

namespace LlmSim.Tests.Memory;

public sealed class EngineMemoryTests
{
    private const double GiB = 1L << 30;
    private const string Llama8B = "meta-llama/Llama-3.1-8B";
    private const string Logs =
        "https://github.com/llm-d-incubation/llm-d-planner/blob/d3121e059da88662db39a926a3ead964be97359b/accuracy/results/v0.19.0/logs/";
    private const string Report =
        "https://github.com/llm-d-incubation/llm-d-planner/blob/875a4fd609eef0d70810ac27174ca9b42156d13a/accuracy/accuracy_report.md";
    private const string ThreeCards =
        "https://github.com/HPML6998-S26-Team13/hpml-assetopsbench-smart-grid-mcp/blob/8b436bc959209306ab89a15092b2a90248e31f5f/docs/compute_environment_discrepancies.md";

    /// <summary>
    /// What vLLM printed when it started ("GPU KV cache size", or blocks of 16 tokens): model, accelerator, tp, utilisation, batched tokens,
    /// sequences, bits of weights and KV cache, tokens, where. Tokens and sequences that a log does not state are vLLM's defaults for the card.
    /// </summary>
    public static TheoryData<string, string, int, double, int, int, int, int, long, string> PrintedByVllm =>
        new()
        {
            { Llama8B, "NVIDIA_H100_SXM", 1, 0.95, 8192, 1024, 16, 16, 476_016, Logs },
            { Llama8B, "NVIDIA_H100_SXM", 1, 0.95, 8192, 1024, 16, 8, 952_032, Report },
            { "Qwen/Qwen2.5-7B-Instruct", "NVIDIA_H100_SXM", 1, 0.95, 8192, 1024, 16, 16, 1_096_000, Report },
            { Scenarios.Llama70B, "NVIDIA_H100_SXM", 2, 0.95, 8192, 1024, 8, 16, 244_304, Logs },
            { Scenarios.Llama70B, "NVIDIA_H100_SXM", 4, 0.95, 8192, 1024, 8, 16, 708_992, Logs },
            { Llama8B, "NVIDIA_H100_NVL", 1, 0.9, 8192, 1024, 16, 16, 545_456, ThreeCards },
            { Llama8B, "NVIDIA_A100_40G", 1, 0.9, 2048, 256, 16, 16, 163_168, ThreeCards },
            { Llama8B, "NVIDIA_A6000", 1, 0.9, 2048, 256, 16, 16, 221_824, ThreeCards },
            {
                "Qwen/Qwen2.5-32B-Instruct",
                "NVIDIA_L40S",
                2,
                0.9,
                10_000,
                256,
                16,
                16,
                16 * 3947,
                "https://github.com/vllm-project/vllm/issues/15815"
            },
        };

    /// <summary>
    /// Runs of which the report above states GiB on each accelerator and not tokens: model, tp, weights, activations, other memory. All on
    /// H100, which had 75.23 GiB to give at a utilisation of 0.95, with 8,192 tokens and 1,024 sequences.
    /// </summary>
    public static TheoryData<string, int, double, double, double> StatedByTheReport =>
        new()
        {
            { Llama8B, 2, 7.51, 1.89, 2.07 },
            { Llama8B, 4, 3.77, 1.89, 2.13 },
            { "Qwen/Qwen2.5-7B-Instruct", 2, 7.12, 2.21, 2.06 },
            { "Qwen/Qwen2.5-7B-Instruct", 4, 3.55, 2.21, 2.13 },
            { "Qwen/Qwen3-14B", 1, 27.52, 2.23, 0.25 },
            { "Qwen/Qwen3-30B-A3B", 1, 56.88, 2.68, 0.27 },
            { "mistralai/Mixtral-8x7B-v0.1", 2, 43.5, 1.21, 2.07 },
        };

    [Theory]
    [MemberData(nameof(PrintedByVllm))]
    public void The_capacity_is_what_vllm_printed(
        string model,
        string hardware,
        int tp,
        double utilization,
        int batchedTokens,
        int sequences,
        int weightBits,
        int kvBits,
        long tokens,
        string source
    )
    {
        var instance = Scenes.Instance(hardware, tp) with
        {
            MemoryUtilization = utilization,
            Engine = new EngineSpec { MaxBatchedTokens = batchedTokens, MaxSequences = sequences },
        };

        var predicted = Tokens(model, instance, new Precision(weightBits, weightBits, kvBits));

        Assert.True(
            Math.Abs(predicted - tokens) <= 0.05 * tokens,
            $"{predicted} tokens and not {tokens}: {source}"
        );
    }

    [Theory]
    [MemberData(nameof(StatedByTheReport))]
    public void The_capacity_is_what_is_left_of_what_vllm_stated(
        string model,
        int tp,
        double weightGiB,
        double activationGiB,
        double otherGiB
    )
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", tp) with
        {
            MemoryUtilization = 0.95,
            Engine = new EngineSpec { MaxSequences = 1024 },
        };
        var left = tp * GiB * (75.23 - weightGiB - activationGiB - otherGiB);

        var predicted = Bytes(model, instance, new Precision());

        Assert.InRange(predicted, 0.98 * left, 1.02 * left);
    }

    [Fact]
    public void A_dense_model_peaks_in_its_mlp_or_when_it_samples()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 1) with
        {
            MemoryUtilization = 0.9,
            Engine = new EngineSpec { MaxBatchedTokens = 8192, MaxSequences = 256 },
        };
        const double Fixed = (0.9 * 0.5 + 0.25) * GiB;

        // Measured on an H100: 124,928 bytes a token, 1,023,410,176 for 8,192. Sampling takes 0.59e9.
        Assert.Equal(
            (long)(Fixed + 1_023_410_176),
            EngineMemory.Bytes(ModelCatalog.BuiltIn.Get(Llama8B), new Precision(), instance),
            tolerance: 1
        );

        // 1,024 sequences: 14 bytes for each of 1024 x 128,256 logits, and two hidden states of 8,192 tokens.
        instance = instance with
        {
            Engine = new EngineSpec { MaxSequences = 1024 },
        };
        Assert.Equal(
            (long)(Fixed + 14.0 * 1024 * 128_256 + 2.0 * 8192 * 4096 * 2),
            EngineMemory.Bytes(ModelCatalog.BuiltIn.Get(Llama8B), new Precision(), instance),
            tolerance: 1
        );
    }

    /// <summary>
    /// What SGLang printed (max_total_num_tokens, "KV Cache is allocated. #tokens"): model, accelerator, tp, mem_fraction_static, tokens of a prefill, tokens.
    /// The first is stated as about 509,000 in https://github.com/ai-dynamo/aisimulate/pull/263, the second is in
    /// https://github.com/vllm-project/vllm/issues/21348. Neither was used for anything.
    /// </summary>
    [Theory]
    [InlineData("deepseek-ai/DeepSeek-V3", "NVIDIA_H200", 8, 0.82, 32_768, 509_000)]
    [InlineData("Qwen/Qwen3-235B-A22B-Thinking-2507", "NVIDIA_H100_SXM", 4, 0.93, 8_192, 367_404)]
    public void SGLang_has_the_tokens_that_it_printed(
        string model,
        string hardware,
        int tp,
        double share,
        int promptTokens,
        long printed
    )
    {
        var instance = Scenes.Instance(hardware, tp) with
        {
            MemoryUtilization = share,
            Engine = new EngineSpec { Kind = EngineKind.Sglang, MaxBatchedTokens = promptTokens },
        };

        var tokens = Tokens(model, instance, new Precision(8, 8, kvBits: 16));

        Assert.InRange(tokens, 0.98 * printed, 1.02 * printed);
    }

    /// <summary>mem_fraction_static is of weights and KV cache together: activations, whatever they take, have the rest.</summary>
    [Fact]
    public void Activations_of_SGLang_come_off_nothing()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 4);
        InstanceSpec With(EngineKind kind, int tokens) =>
            instance with
            {
                Engine = new EngineSpec { Kind = kind, MaxBatchedTokens = tokens },
            };
        long Of(EngineKind kind, int tokens) =>
            Bytes(Scenarios.Llama70B, With(kind, tokens), new Precision());

        Assert.Equal(Of(EngineKind.Sglang, 2048), Of(EngineKind.Sglang, 32_768));
        Assert.True(Of(EngineKind.Vllm, 2048) > Of(EngineKind.Vllm, 32_768));
    }

    /// <summary>free_gpu_memory_fraction is of what weights and activations leave.</summary>
    [Fact]
    public void TensorRT_LLM_takes_a_share_of_what_is_left()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 4) with
        {
            ActivationBytes = 1_000_000_000,
            Engine = new EngineSpec { Kind = EngineKind.TensorRtLlm },
        };
        long Of(double share) =>
            Bytes(Scenarios.Llama70B, instance with { MemoryUtilization = share }, new Precision());

        Assert.Equal(Of(1) / 2.0, Of(0.5), 1.0);
        Assert.Equal(
            4 * instance.Hardware.MemoryBytes
                - 4_000_000_000
                - KvCapacity.WeightBytes(
                    ModelCatalog.BuiltIn.Get(Scenarios.Llama70B),
                    new Precision(),
                    instance,
                    Semantics.Standard
                ),
            Of(1)
        );
    }

    [Fact]
    public void What_a_cluster_file_says_takes_the_place_of_all_that()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 2) with { ActivationBytes = 5 };

        Assert.Equal(5, EngineMemory.Bytes(Scenes.Llama70B, new Precision(), instance));
    }

    [Fact]
    public void The_reference_takes_nothing_off() =>
        // One H100 of 80e9 bytes less half of 140e9.
        Assert.Equal(
            10_000_000_000,
            KvCapacity.Bytes(
                Scenes.Llama70B,
                new Precision(),
                Scenes.Instance("NVIDIA_H100_SXM", 2),
                Semantics.Reference
            )
        );

    /// <summary>vLLM issue 10517: before activations 2 x 85.52e9 x 0.9 - 141.1e9 bytes, 39,100 tokens.</summary>
    [Fact]
    public void Llama_70B_on_two_H100_has_room_for_39_100_tokens_before_activations()
    {
        var instance = Scenes.Instance("NVIDIA_H100_SXM", 2);

        var before = Tokens(Scenarios.Llama70B, instance with { ActivationBytes = 0 }, new Precision());
        Assert.InRange(before, 39_000, 39_200);
        Assert.InRange(Tokens(Scenarios.Llama70B, instance, new Precision()), 0.3 * before, 0.5 * before);
    }

    private static long Tokens(string id, InstanceSpec instance, Precision precision) =>
        Bytes(id, instance, precision)
        / KvCapacity.Footprint(ModelCatalog.BuiltIn.Get(id), precision, Semantics.Standard).BytesPerToken;

    private static long Bytes(string id, InstanceSpec instance, Precision precision) =>
        KvCapacity.Bytes(ModelCatalog.BuiltIn.Get(id), precision, instance, Semantics.Standard);
}
