using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class PrecisionRequestTests
{
    private static readonly ModelDescription s_model = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B");

    private static readonly ModelDescription s_quantized = s_model with
    {
        Quantization = PrecisionFormats.Precision("fp8") with
        {
            KvCache = NumberFormat.Fp8,
            Attention = NumberFormat.Fp8,
            Source = "the model's file",
        },
    };

    [Theory]
    [InlineData(16, 16, 16)]
    [InlineData(8, 8, 16)]
    [InlineData(4, 16, 8)]
    [InlineData(4, 4, 4)]
    [InlineData(32, 32, 32)]
    public void Widths_mean_the_same_wherever_they_are_given(int weight, int activation, int kv)
    {
        var request = new PrecisionRequest
        {
            WeightBits = weight,
            ActivationBits = activation,
            KvBits = kv,
        };

        var resolved = request.Resolve(s_model);

        Assert.Equal(new Precision(weight, activation, kv), resolved with { Source = "default" });
        Assert.Equal($"w_bit {weight}, a_bit {activation}, kv_bit {kv}", resolved.Source);
    }

    [Fact]
    public void Nothing_asked_for_is_the_models_own_or_16_bits()
    {
        Assert.Equal(new Precision(), new PrecisionRequest().Resolve(s_model));
        Assert.Equal(s_quantized.Quantization, new PrecisionRequest().Resolve(s_quantized));
    }

    [Fact]
    public void What_is_asked_for_takes_the_place_of_the_models_own()
    {
        var plain = new PrecisionRequest { Format = "bf16" }.Resolve(s_quantized);
        var kvOnly = new PrecisionRequest { KvFormat = "bf16" }.Resolve(s_quantized);
        var weightsOnly = new PrecisionRequest { WeightBits = 4 }.Resolve(s_quantized);

        Assert.Equal(
            "16-bit weights, activations and KV cache (precision bf16)",
            plain.Describe(s_model, Semantics.Standard, [])
        );
        Assert.Equal(NumberFormat.Fp8, kvOnly.Mlp.Weight);
        Assert.Equal(NumberFormat.SixteenBit, kvOnly.KvCache);
        Assert.Equal(NumberFormat.SixteenBit, kvOnly.Attention);
        Assert.Equal("the model's file, kv_precision bf16", kvOnly.Source);
        Assert.Equal(4, weightsOnly.Mlp.Weight.Bits);
        Assert.Equal(NumberFormat.Fp8, weightsOnly.Mlp.Activation);
        Assert.Equal(NumberFormat.Fp8, weightsOnly.KvCache);
        Assert.Equal(16, weightsOnly.LmHead.Weight.Bits);
    }

    [Fact]
    public void A_scenario_without_a_precision_has_the_models_own()
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(1, 1)) with { Model = s_quantized };
        var unsaid = new Scenario
        {
            Model = s_quantized,
            PrefillInstances = scenario.PrefillInstances,
            DecodeInstances = scenario.DecodeInstances,
            Policies = scenario.Policies,
        };

        Assert.Equal(s_quantized.Quantization, unsaid.Precision);
        Assert.Equal(8, scenario.Precision.Mlp.Weight.Bits);
        Assert.Equal(new Precision(), (unsaid with { Model = s_model }).Precision);
    }

    [Theory]
    [InlineData("fp8", "auto", 16, null, null, "precision fp8: its weights have 8 bits, and w_bit 16")]
    [InlineData("awq", "auto", 4, 8, null, "precision awq: its activations have 16 bits, and a_bit 8")]
    [InlineData("auto", "fp8", null, null, 16, "kv_precision fp8: its values have 8 bits, and kv_bit 16")]
    public void Settings_that_contradict_each_other_are_an_error_with_both(
        string format,
        string kvFormat,
        int? weightBits,
        int? activationBits,
        int? kvBits,
        string message
    )
    {
        var request = new PrecisionRequest
        {
            Format = format,
            KvFormat = kvFormat,
            WeightBits = weightBits,
            ActivationBits = activationBits,
            KvBits = kvBits,
        };

        Assert.StartsWith(message, Assert.Throws<UserErrorException>(request.Validate).Message);
    }

    [Fact]
    public void Settings_that_say_the_same_twice_are_none()
    {
        var request = new PrecisionRequest
        {
            Format = "nvfp4",
            WeightBits = 4,
            ActivationBits = 4,
            KvFormat = "fp8",
            KvBits = 8,
        };

        Assert.Equal(NumberFormat.Nvfp4, request.Resolve(s_model).Mlp.Weight);
        Assert.Equal(NumberFormat.Fp8, request.Resolve(s_model).KvCache);
    }

    /// <summary>Published checkpoints leave the projections of latent attention at 16 bits; other models' are narrowed.</summary>
    [Theory]
    [InlineData("nvfp4", "deepseek-ai/DeepSeek-R1", 16)]
    [InlineData("mxfp4", "deepseek-ai/DeepSeek-R1", 16)]
    [InlineData("fp8", "deepseek-ai/DeepSeek-R1", 8)]
    [InlineData("nvfp4", "meta-llama/Llama-3.1-8B", 4)]
    public void Four_bits_leave_latent_attention(string format, string model, int bits)
    {
        var precision = new PrecisionRequest { Format = format }.Resolve(ModelCatalog.BuiltIn.Get(model));

        Assert.Equal(bits, precision.Projections.Weight.Bits);
        Assert.Equal(format == "fp8" ? 8 : 4, precision.Experts.Weight.Bits);
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_nearest()
    {
        var request = new PrecisionRequest { Format = "nvfp" };

        var error = Assert.Throws<UserErrorException>(() => request.Resolve(s_model));

        Assert.StartsWith("precision: 'nvfp' is unknown; allowed: auto, bf16, fp16, fp8,", error.Message);
        Assert.EndsWith("Did you mean 'nvfp4'?", error.Message);
    }

    [Fact]
    public void A_description_names_the_operands_that_differ()
    {
        var experts = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-30B-A3B");
        var precision = new Precision() with { Experts = new(NumberFormat.Nvfp4, NumberFormat.Nvfp4) };

        Assert.Equal(
            "attention projections: 16-bit weights and activations; experts: nvfp4 weights (groups of 16) and "
                + "activations; KV cache 16-bit, attention 16-bit, lm_head 16-bit (default)",
            precision.Describe(experts, Semantics.Standard, [])
        );
        Assert.Equal(
            "16-bit weights, activations and KV cache (default)",
            new Precision().Describe(experts, Semantics.Standard, [])
        );
    }

    [Fact]
    public void A_description_is_of_what_the_semantics_and_the_accelerators_make_of_it()
    {
        var precision = new PrecisionRequest { Format = "fp8" }.Resolve(s_model);
        var ampere = HardwareCatalog.BuiltIn.Get("NVIDIA_A100_40G") with { Fp8OpsPerSecond = null };

        Assert.Equal(
            "fp8 weights and activations; KV cache 16-bit, attention 16-bit, lm_head fp8, exchanged fp8, all at the "
                + "rate of the widest (precision fp8)",
            precision.Describe(s_model, Semantics.Reference, [ampere])
        );
        Assert.Equal(
            "fp8 weights and activations; KV cache 16-bit, attention 16-bit, lm_head 16-bit (precision fp8); "
                + "NVIDIA_A100_40G has no such arithmetic and multiplies at 16 bits",
            precision.Describe(s_model, Semantics.Standard, [ampere, ampere])
        );
        Assert.DoesNotContain(
            "no such arithmetic",
            precision.Describe(s_model, Semantics.Standard, [ampere with { Fp8OpsPerSecond = 1e15 }])
        );
    }
}
