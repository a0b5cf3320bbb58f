using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Rates and bytes by what an operation multiplies.</summary>
public sealed class PrecisionTests
{
    private static readonly HardwareDescription s_hopper = Hardware(990e12, 1980e12, fp8: 1979e12, fp4: null);
    private static readonly HardwareDescription s_blackwell = Hardware(2250e12, 4600e12, 4500e12, 9000e12);
    private static readonly HardwareDescription s_ampere = Hardware(312e12, 624e12, fp8: null, fp4: null);

    private static readonly string[] s_models =
    [
        "Qwen/Qwen3-8B",
        "Qwen/Qwen3-0.6B",
        "Qwen/Qwen3-30B-A3B",
        "deepseek-ai/DeepSeek-V2-Lite",
        "deepseek-ai/DeepSeek-V3",
        "openai-community/gpt2",
    ];

    [Theory]
    // The KV cache takes no part in a projection, and the weights none in attention.
    [InlineData(8, 8, 16, 1980e12, 990e12)]
    [InlineData(8, 8, 8, 1980e12, 1980e12)]
    [InlineData(4, 8, 8, 1980e12, 1980e12)]
    [InlineData(8, 16, 8, 990e12, 990e12)]
    [InlineData(4, 16, 16, 990e12, 990e12)]
    [InlineData(16, 8, 8, 990e12, 1980e12)]
    [InlineData(4, 4, 4, 1980e12, 1980e12)]
    [InlineData(32, 16, 16, 990e12, 990e12)]
    public void An_operation_runs_at_the_rate_of_its_own_operands(
        int weightBits,
        int activationBits,
        int kvBits,
        double projections,
        double attention
    )
    {
        var table = Prefill(s_hopper, new Precision(weightBits, activationBits, kvBits));

        Assert.Equal(projections, Rate(table, "q_proj"), 1e-6 * projections);
        Assert.Equal(projections, Rate(table, "down_proj"), 1e-6 * projections);
        Assert.Equal(attention, Rate(table, "fused_attention"), 1e-6 * attention);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(16)]
    public void Four_bits_have_a_rate_of_their_own_where_the_accelerator_has_one(int kvBits)
    {
        Assert.Equal(9000e12, Rate(Prefill(s_blackwell, new Precision(4, 4, kvBits)), "q_proj"), 1e9);
        Assert.Equal(4600e12, Rate(Prefill(s_blackwell, new Precision(4, 8, kvBits)), "q_proj"), 1e9);
    }

    [Theory]
    [InlineData("bf16", 312e12, 990e12, 2250e12)]
    // Without such arithmetic the weights are widened in the kernel.
    [InlineData("fp8", 312e12, 1979e12, 4500e12)]
    [InlineData("fp8_block", 312e12, 1979e12, 4500e12)]
    [InlineData("nvfp4", 312e12, 990e12, 9000e12)]
    [InlineData("int8", 624e12, 1980e12, 4600e12)]
    [InlineData("awq", 312e12, 990e12, 2250e12)]
    [InlineData("gptq", 312e12, 990e12, 2250e12)]
    [InlineData("mxfp4", 312e12, 990e12, 2250e12)]
    [InlineData("w4a8", 312e12, 1979e12, 4500e12)]
    [InlineData("w8a16", 312e12, 990e12, 2250e12)]
    public void A_named_format_runs_at_the_rate_that_engines_reach(
        string format,
        double ampere,
        double hopper,
        double blackwell
    )
    {
        foreach (
            var (hardware, rate) in new[] { (s_ampere, ampere), (s_hopper, hopper), (s_blackwell, blackwell) }
        )
        {
            var table = Prefill(hardware, Resolve(new() { Format = format }));

            Assert.Equal(rate, Rate(table, "q_proj"), 1e-6 * rate);
            Assert.Equal(hardware.Fp16OpsPerSecond, Rate(table, "fused_attention"), 1e-6 * rate);
        }
    }

    [Theory]
    [InlineData("bf16", 312e12, 2250e12)]
    [InlineData("fp8", 312e12, 4500e12)]
    [InlineData("int8", 312e12, 2250e12)]
    // 4-bit keys are widened to 8 bits.
    [InlineData("nvfp4", 312e12, 4500e12)]
    public void Attention_runs_at_the_rate_of_the_KV_cache(string format, double ampere, double blackwell)
    {
        var precision = Resolve(new() { KvFormat = format });

        Assert.Equal(ampere, Rate(Prefill(s_ampere, precision), "fused_attention"), 1e-6 * ampere);
        Assert.Equal(blackwell, Rate(Prefill(s_blackwell, precision), "fused_attention"), 1e-6 * blackwell);
    }

    [Fact]
    public void What_is_exchanged_has_16_bits_whatever_is_multiplied()
    {
        var plain = Prefill(s_hopper, new Precision(), tpSize: 2);
        var narrow = Prefill(s_hopper, new Precision(8, 8, 8), tpSize: 2);
        var told = Prefill(
            s_hopper,
            Resolve(
                new()
                {
                    WeightBits = 8,
                    ActivationBits = 8,
                    CommunicationBits = 8,
                }
            ),
            tpSize: 2
        );

        foreach (var name in new[] { "attn_all_reduce", "mlp_all_reduce", "attn_norm", "mlp_act", "mlp_add" })
        {
            Assert.Equal(Operation(plain, name).Seconds, Operation(narrow, name).Seconds);
        }

        Assert.Equal(
            Operation(plain, "mlp_all_reduce").NetworkBytes / 2,
            Operation(told, "mlp_all_reduce").NetworkBytes
        );
        Assert.Equal(
            Operation(plain, "mlp_norm").ActivationInBytes / 2,
            Operation(told, "mlp_norm").ActivationInBytes
        );
    }

    [Fact]
    public void Embedding_and_lm_head_stay_at_16_bits_unless_told_otherwise()
    {
        var model = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B");
        const long Embedding = 128_256L * 4096;
        const long Layers = 8_030_261_248 - 2 * Embedding;
        const long Norms = 65 * 4096;
        var table = new RooflineModel(
            model,
            new Precision(4),
            new InstanceSpec { Hardware = s_hopper, TpSize = 1 },
            Semantics.Standard
        ).DecodeTable(new DecodeBatch(1, 16, 16));

        // 5.59 GB, of which an iteration reads 4.54.
        Assert.Equal(4 * Embedding + (Layers - Norms) / 2 + 2 * Norms, model.WeightBytes(new Precision(4)));
        Assert.Equal(2 * Embedding + (Layers - Norms) / 2, table.WeightBytes, 1);
        Assert.Equal(1.478e-3, table.WeightBytes / 3.072e12, 1e-6);

        var told = Resolve(new() { WeightBits = 4, EmbeddingBits = 8 });
        Assert.Equal(2 * Embedding + (Layers - Norms) / 2 + Norms, model.WeightBytes(told));
        Assert.Equal(8_030_261_248 * 4, model.WeightBytes(new Precision(32)));
    }

    [Fact]
    public void The_projection_to_the_vocabulary_runs_at_16_bits_unless_both_its_operands_are_narrow()
    {
        Assert.Equal(990e12, Rate(Prefill(s_hopper, new Precision(8, 8, 8), requests: 4096), "lm_head"), 1e9);
        Assert.Equal(
            1980e12,
            Rate(
                Prefill(
                    s_hopper,
                    Resolve(
                        new()
                        {
                            WeightBits = 8,
                            ActivationBits = 8,
                            EmbeddingBits = 8,
                        }
                    ),
                    requests: 4096
                ),
                "lm_head"
            ),
            1e9
        );
    }

    [Theory]
    [InlineData("fp8", 8)]
    [InlineData("fp8_block", 8 + 32.0 / (128 * 128))]
    [InlineData("nvfp4", 4 + 8.0 / 16)]
    [InlineData("mxfp4", 4 + 8.0 / 32)]
    [InlineData("awq", 4 + (16.0 + 4) / 128)]
    [InlineData("int8", 8)]
    public void Scale_factors_are_counted(string format, double bits)
    {
        var model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B");
        var parameters = ParametersByOperand.Of(model);
        var layers = parameters.Projections + parameters.Mlp;

        var expected = layers * bits / 8 + 2.0 * (model.Parameters - layers);

        Assert.Equal(expected, model.WeightBytes(Resolve(new() { Format = format })), 1);
    }

    [Fact]
    public void An_iteration_reads_the_weights_that_the_memory_holds()
    {
        foreach (var id in s_models)
        {
            var model = ModelCatalog.BuiltIn.Get(id);
            foreach (var format in PrecisionFormats.Names)
            {
                var precision = new PrecisionRequest { Format = format }.Resolve(model);
                var instance = new InstanceSpec { Hardware = s_hopper, TpSize = 1 };
                var table = new RooflineModel(model, precision, instance, Semantics.Standard).DecodeTable(
                    // So many that all experts are met.
                    new DecodeBatch(100_000, 100_000, 1)
                );

                // The embedding is read by row only, and serves as lm_head where they are one.
                var others = ParametersByOperand.Of(model).Others;
                var unread =
                    others - (model.TiedEmbeddings ? (long)model.VocabularySize * model.HiddenSize : 0);
                Assert.Equal(
                    model.WeightBytes(precision) - unread * precision.Embedding.BytesPerValue,
                    table.WeightBytes,
                    1e-9 * table.WeightBytes
                );
            }
        }
    }

    [Fact]
    public void At_16_bits_every_model_has_two_bytes_a_parameter() =>
        Assert.All(
            ModelCatalog.BuiltIn.All,
            model => Assert.Equal(2 * model.Parameters, model.WeightBytes(new Precision()))
        );

    [Fact]
    public void Expert_parallelism_divides_the_bytes_of_the_experts_alone()
    {
        var model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-30B-A3B");
        var precision = new Precision() with { Experts = new(NumberFormat.Nvfp4, NumberFormat.Nvfp4) };
        var alone = new InstanceSpec { Hardware = s_hopper, TpSize = 1 };
        var divided = alone with { ExpertParallel = 4 };

        var difference =
            KvCapacity.WeightBytes(model, precision, alone, Semantics.Standard)
            - KvCapacity.WeightBytes(model, precision, divided, Semantics.Standard);

        Assert.Equal(0.75 * model.ExpertParameters * 4.5 / 8, difference, 1);
    }

    [Fact]
    public void The_rate_of_the_widest_is_never_faster_than_that_of_the_operands()
    {
        int[] bits = [4, 8, 16, 32];
        foreach (var weight in bits)
        {
            foreach (var activation in bits)
            {
                foreach (var kv in bits)
                {
                    var precision = new Precision(weight, activation, kv);
                    Assert.True(Seconds(ArithmeticRate.Widest) >= Seconds(ArithmeticRate.Operands));

                    double Seconds(ArithmeticRate rate) =>
                        new RooflineModel(
                            ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B"),
                            precision,
                            new InstanceSpec { Hardware = s_blackwell, TpSize = 2 },
                            Semantics.Standard with
                            {
                                ArithmeticRate = rate,
                                EmbeddingFormat = EmbeddingFormat.Layers,
                                HiddenStateFormat = HiddenStateFormat.Activations,
                            }
                        ).PrefillSeconds(3000);
                }
            }
        }
    }

    [Fact]
    public void The_reference_has_one_format_for_all_weights_and_one_for_all_activations()
    {
        var semantics = Semantics.Reference with { Weights = ModelBytes.Model };
        var instance = new InstanceSpec { Hardware = s_hopper, TpSize = 1 };
        var model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B");
        var precision = new Precision(4, 8, 16);
        var table = new RooflineModel(model, precision, instance, semantics).PrefillTable(1, 100);

        Assert.Equal(model.Parameters / 2, KvCapacity.WeightBytes(model, precision, instance, semantics));
        Assert.Equal(4096.0 * 151_936 / 2, Operation(table, "lm_head").WeightBytes);
        Assert.Equal(4096.0 * 100, Operation(table, "attn_norm").ActivationInBytes);
        Assert.Equal(4096.0 * 100, Operation(table, "q_proj").ActivationOutBytes);
    }

    [Fact]
    public void A_KV_cache_in_blocks_has_its_scale_factors()
    {
        var model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B");

        Assert.Equal(147_456, model.KvBytesPerToken(new Precision()));
        Assert.Equal(73_728, model.KvBytesPerToken(Resolve(new() { KvFormat = "fp8" })));
        Assert.Equal(147_456 * 4.5 / 16, model.KvBytesPerToken(Resolve(new() { KvFormat = "nvfp4" })));
    }

    private static Precision Resolve(PrecisionRequest request) =>
        request.Resolve(ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B"));

    private static RooflineTable Prefill(
        HardwareDescription hardware,
        Precision precision,
        int tpSize = 1,
        int requests = 8
    ) =>
        new RooflineModel(
            ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B"),
            precision,
            new InstanceSpec { Hardware = hardware, TpSize = tpSize },
            Semantics.Standard
        ).PrefillTable(requests, 4096);

    private static double Rate(RooflineTable table, string name)
    {
        var operation = Operation(table, name);
        Assert.Equal(OperationBound.Compute, operation.Bound);
        return operation.Ops / operation.Seconds;
    }

    private static OperationCost Operation(RooflineTable table, string name) =>
        table.Operations.Single(operation => operation.Name == name);

    private static HardwareDescription Hardware(double fp16, double int8, double? fp8, double? fp4) =>
        new()
        {
            Name = "test",
            // So much that arithmetic is the limit.
            MemoryBytesPerSecond = 1e16,
            Fp16OpsPerSecond = fp16,
            Int8OpsPerSecond = int8,
            Fp8OpsPerSecond = fp8,
            Fp4OpsPerSecond = fp4,
            OnChipBufferBytes = 33_792e3,
            MemoryBytes = 80_000_000_000,
            LinkBytesPerSecond = 450e9,
            LinkLatencySeconds = 1.9e-6,
            Source = "made up",
        };

    [Theory]
    [InlineData("NVIDIA_B200", "mxfp8")]
    [InlineData("NVIDIA_H100_SXM", "16-bit")]
    public void Experts_in_mxfp4_are_multiplied_by_narrow_activations_where_the_accelerator_can(
        string hardware,
        string activation
    )
    {
        var model = ModelCatalog.BuiltIn.Get("openai/gpt-oss-20b");
        var precision = new PrecisionRequest().Resolve(model);

        var on = precision.On(HardwareCatalog.BuiltIn.Get(hardware));

        Assert.Equal(("mxfp4", activation), (on.Experts.Weight.Name, on.Experts.Activation.Name));
        Assert.Equal(16, on.Projections.Activation.Bits);
        Assert.DoesNotContain(
            "no such arithmetic",
            precision.Describe(model, Semantics.Standard, [HardwareCatalog.BuiltIn.Get(hardware)])
        );
    }
}
