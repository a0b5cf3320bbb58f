using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class RooflineModelTests
{
    private static readonly DecodeBatch s_batch = new(3, ContextTokens: 6000, LongestContextTokens: 3000);

    [Fact]
    public void Times_are_the_sums_of_the_tables_under_every_combination_of_options()
    {
        foreach (var semantics in Scenes.AllSemantics())
        {
            foreach (var fused in new[] { true, false })
            {
                foreach (var id in new[] { "unsloth/Llama-3.3-70B-Instruct", "openai-community/gpt2" })
                {
                    CompareWithTables(
                        new(
                            ModelCatalog.BuiltIn.Get(id),
                            new Precision(8, 16, 8),
                            Scenes.Instance("NVIDIA_L40S", 4),
                            semantics,
                            fused
                        )
                    );
                }
            }
        }
    }

    private static void CompareWithTables(RooflineModel model)
    {
        Near(model.PrefillTable(1, 777).Seconds, model.PrefillSeconds(777));
        foreach (var requests in new[] { 1, 7, 300, 100_000 })
        {
            var batch = new DecodeBatch(requests, 1234L * requests, 5000);
            Near(model.DecodeTable(batch).Seconds, model.DecodeSeconds(batch));
        }
    }

    [Fact]
    public void Decode_attention_reads_one_token_each_or_the_contexts_or_all_padded_to_the_longest()
    {
        var own = Semantics.Reference with
        {
            DecodeAttentionContext = DecodeAttentionContext.Full,
            BatchPadding = BatchPadding.Own,
        };
        var padded = own with { BatchPadding = BatchPadding.Longest };

        Assert.Equal(3, KeysRead(Semantics.Reference));
        Assert.Equal(6000, KeysRead(own));
        Assert.Equal(9000, KeysRead(padded));

        static double KeysRead(Semantics semantics) => Attention(semantics).KvInBytes / (2 * 8 * 128 * 2);
    }

    [Fact]
    public void Dividing_attention_divides_its_work_by_the_degree()
    {
        var whole = Attention(Semantics.Reference);
        var divided = Attention(
            Semantics.Reference with
            {
                AttentionTensorParallelism = AttentionTensorParallelism.Divided,
            }
        );

        Near(whole.Ops / 4, divided.Ops);
        Near(whole.ActivationInBytes / 4, divided.ActivationInBytes);
        Near(whole.ActivationOutBytes / 4, divided.ActivationOutBytes);
        Near(whole.KvInBytes / 4, divided.KvInBytes);
    }

    [Fact]
    public void Fused_attention_writes_its_output_alone()
    {
        var semantics = Semantics.Reference with { FlashOutput = FlashOutput.Output };
        var attention = Operation(Scenes.Roofline(semantics).PrefillTable(2, 1000), "fused_attention");

        Assert.Equal(2 * 1000 * 8192 * 2, attention.ActivationOutBytes);
        Assert.Equal(attention.ActivationInBytes, attention.ActivationOutBytes);
    }

    [Fact]
    public void A_causal_mask_halves_the_pairs_of_fused_prefill_attention_and_nothing_else()
    {
        var causal = Semantics.Reference with { AttentionMask = AttentionMask.Causal };
        var full = Operation(Scenes.Roofline(Semantics.Reference).PrefillTable(2, 1000), "fused_attention");
        var half = Operation(Scenes.Roofline(causal).PrefillTable(2, 1000), "fused_attention");

        Near(full.Ops * 1001 / 2000, half.Ops);
        Near(full.KvInBytes * 1001 / 2000, half.KvInBytes);
        Assert.Equal(full.ActivationOutBytes, half.ActivationOutBytes);
        Assert.Equal(
            Scenes.Roofline(Semantics.Reference).DecodeSeconds(s_batch),
            Scenes.Roofline(causal).DecodeSeconds(s_batch)
        );
        Assert.Equal(
            Scenes.Roofline(Semantics.Reference, fusedAttention: false).PrefillSeconds(1000),
            Scenes.Roofline(causal, fusedAttention: false).PrefillSeconds(1000)
        );
    }

    [Fact]
    public void The_whole_lm_head_is_a_matrix_product_per_request_over_a_part_of_the_vocabulary()
    {
        var semantics = Semantics.Reference with { LmHead = LmHead.Full };
        var lmHead = Operation(Scenes.Roofline(semantics).DecodeTable(s_batch), "lm_head");

        Assert.Equal(2.0 * 3 * 8192 * 128256 / 4, lmHead.Ops);
        Assert.Equal(8192.0 * 128256 * 2 / 4, lmHead.WeightBytes);
        Assert.Equal(3 * 8192 * 2, lmHead.ActivationInBytes);
        Assert.Equal(3 * 128256 * 2 / 4, lmHead.ActivationOutBytes);
        Assert.Equal(1, lmHead.Runs);
    }

    [Fact]
    public void Two_ring_all_reduces_a_layer_join_a_tensor_parallel_group()
    {
        var semantics = Semantics.Reference with
        {
            TensorParallelCommunication = TensorParallelCommunication.AllReduce,
        };
        var hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM");
        var table = Scenes.Roofline(semantics, tpSize: 4).PrefillTable(2, 1000);

        // Three steps to reduce and three to gather, each with a quarter of the hidden states.
        const double Bytes = 2 * 1000 * 8192 * 2;
        var seconds = 6 * (hardware.LinkLatencySeconds + Bytes / 4 / hardware.LinkBytesPerSecond);
        foreach (var name in new[] { "attn_all_reduce", "mlp_all_reduce" })
        {
            var allReduce = Operation(table, name);
            Assert.Equal(OperationBound.Network, allReduce.Bound);
            Assert.Equal(80, allReduce.Runs);
            Near(seconds, allReduce.Seconds);
            Near(Bytes * 6 / 4, allReduce.NetworkBytes);
        }

        Near(
            Scenes.Roofline(Semantics.Reference).PrefillTable(2, 1000).Seconds + 160 * seconds,
            table.Seconds
        );
        Near(160 * Bytes * 6 / 4, table.NetworkBytes);
    }

    [Fact]
    public void A_single_accelerator_has_nobody_to_talk_to()
    {
        var table = Scenes.Roofline(Semantics.Standard, tpSize: 1).PrefillTable(1, 100);

        Assert.DoesNotContain(table.Operations, operation => operation.Bound == OperationBound.Network);
    }

    [Fact]
    public void Eight_bit_arithmetic_needs_eight_bits_everywhere()
    {
        Assert.Equal(1979e12, Peak(new Precision(8, 8, 8)));
        Assert.Equal(1979e12, Peak(new Precision(4, 8, 4)));
        Assert.Equal(989.5e12, Peak(new Precision(8, 8, 16)));
        Assert.Equal(989.5e12, Peak(new Precision(8, 16, 8)));
        Assert.Equal(989.5e12, Peak(new Precision(16, 8, 8)));

        static double Peak(Precision precision) =>
            Operation(
                new RooflineModel(
                    Scenes.Llama70B,
                    precision,
                    Scenes.Instance("NVIDIA_H100_SXM", 4),
                    Semantics.Reference
                ).PrefillTable(1, 8000),
                "gate_proj"
            ).AttainableOpsPerSecond;
    }

    [Fact]
    public void Gpt2_has_four_projections_and_stores_no_KV_cache_of_its_own()
    {
        var model = new RooflineModel(
            ModelCatalog.BuiltIn.Get("gpt2"),
            new Precision(),
            Scenes.Instance("NVIDIA_4090", 2),
            Semantics.Reference
        );
        var table = model.PrefillTable(3, 100);

        var attention = Operation(table, "c_attn");
        Assert.Equal(2.0 * 768 * (3 * 768 / 2) * 300, attention.Ops);
        Assert.Equal(3 * 768 / 2 * 300 * 2, attention.ActivationOutBytes);
        Assert.Equal(768 / 2 * 768 * 2, Operation(table, "c_proj").WeightBytes);
        Assert.Equal(768 * (4 * 768 / 2) * 2, Operation(table, "c_fc").WeightBytes);
        Assert.Equal(4 * 768 / 2 * 300 * 2, Operation(table, "c_proj_mlp").ActivationInBytes);
        Assert.Equal(0, table.KvOutBytes);
        Assert.Equal(0, table.Memory.KvCacheBytes);
    }

    [Fact]
    public void The_width_of_the_heads_is_the_models_own()
    {
        // 64 heads of 128 on a hidden size of 5120.
        var model = new RooflineModel(
            ModelCatalog.BuiltIn.Get("Qwen/Qwen3-32B"),
            new Precision(),
            Scenes.Instance("NVIDIA_H200", 2),
            Semantics.Standard
        );
        var table = model.DecodeTable(new DecodeBatch(1, 10, 10));

        Assert.Equal(5120.0 * 64 * 128 / 2 * 2, Operation(table, "q_proj").WeightBytes);
        Assert.Equal(5120.0 * 64 * 128 / 2 * 2, Operation(table, "out_proj").WeightBytes);
        Assert.Equal(5120.0 * 8 * 128 / 2 * 2, Operation(table, "k_proj").WeightBytes);
    }

    [Fact]
    public void Standard_memory_is_that_of_the_model()
    {
        var table = Scenes.Roofline(Semantics.Standard).DecodeTable(s_batch);

        Assert.Equal(70_553_706_496 * 2 / 4, table.Memory.WeightBytes);
        Assert.Equal(327_680 * 6000 / 4, table.Memory.KvCacheBytes);
        Assert.Equal(
            table.Memory.WeightBytes + table.Memory.KvCacheBytes + table.Memory.TemporaryActivationBytes,
            table.Memory.Bytes
        );
    }

    [Fact]
    public void Shares_add_up_to_one() =>
        Near(1, Scenes.Roofline(Semantics.Standard).DecodeTable(s_batch).Operations.Sum(o => o.Share));

    [Fact]
    public void Times_grow_with_prompt_batch_and_context()
    {
        var model = Scenes.Roofline(Semantics.Standard);

        Assert.True(model.PrefillSeconds(1) < model.PrefillSeconds(4000));
        Assert.True(model.PrefillSeconds(4000) < model.PrefillSeconds(4001));
        Assert.True(model.DecodeSeconds(new(8, 8000, 1000)) < model.DecodeSeconds(new(9, 8000, 1000)));
        Assert.True(model.DecodeSeconds(new(8, 8000, 1000)) < model.DecodeSeconds(new(8, 8001, 1000)));
    }

    [Theory]
    [InlineData("standard", 0, "1, 2, 4, 8, 16, 32, 64")]
    [InlineData("standard", 3, "1, 2, 4, 8, 16, 32, 64")]
    [InlineData("standard", 128, "1, 2, 4, 8, 16, 32, 64")]
    [InlineData("reference", 3, "1, 2, 4, 8")]
    [InlineData("reference", 16, "1, 2, 4, 8")]
    public void A_degree_that_does_not_divide_the_model_is_an_error(string preset, int tpSize, string allowed)
    {
        var semantics = preset == "standard" ? Semantics.Standard : Semantics.Reference;
        var error = Assert.Throws<UserErrorException>(() => Scenes.Roofline(semantics, tpSize));

        Assert.Contains($"tp_size: {tpSize} does not divide", error.Message);
        Assert.EndsWith($"allowed are {allowed}.", error.Message);
    }

    [Fact]
    public void An_odd_number_of_bits_is_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            new RooflineModel(
                Scenes.Llama70B,
                new Precision(kvBits: 5),
                Scenes.Instance("NVIDIA_L4", 8),
                Semantics.Standard
            )
        );

        Assert.Equal("KV bits: 5 is not allowed; allowed are 4, 8, 16 and 32.", error.Message);
    }

    [Fact]
    public void A_steady_state_allocates_nothing()
    {
        var model = Scenes.Roofline(Semantics.Standard);
        Run(model);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(model);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        static void Run(RooflineModel model)
        {
            for (var i = 1; i < 200; i++)
            {
                _ = model.DecodeSeconds(new(i, 1000 * i, 2000)) + model.PrefillSeconds(i);
            }
        }
    }

    private static OperationCost Attention(Semantics semantics) =>
        Operation(Scenes.Roofline(semantics).DecodeTable(s_batch), "fused_attention");

    private static OperationCost Operation(RooflineTable table, string name) =>
        table.Operations.Single(operation => operation.Name == name);

    private static void Near(double expected, double actual) =>
        Assert.InRange(actual, expected * (1 - 1e-12), expected * (1 + 1e-12));
}
