using System.Text;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>What a model's own files say of its precision.</summary>
public sealed class QuantizationParserTests
{
    private const string SixteenBit = "16-bit weights and activations";

    private static readonly ModelDescription s_dense = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-8B");
    private static readonly ModelDescription s_experts = ModelCatalog.BuiltIn.Get("Qwen/Qwen3-30B-A3B");
    private static readonly ModelDescription s_latent = ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-V3");

    [Theory]
    [InlineData("""{"quant_method": "fp8"}""", "fp8 weights and activations", 8)]
    [InlineData("""{"quant_method": "fbgemm_fp8"}""", "fp8 weights and activations", 8)]
    [InlineData(
        """{"quant_method": "fp8", "weight_block_size": [128, 128]}""",
        "fp8 weights (128x128 blocks) and activations",
        8 + 32.0 / 16384
    )]
    [InlineData(
        """{"quant_method": "awq", "bits": 4, "group_size": 128}""",
        "int4 weights (groups of 128), 16-bit activations",
        4 + 20.0 / 128
    )]
    [InlineData(
        """{"quant_method": "awq", "w_bit": 4, "q_group_size": 64, "zero_point": false}""",
        "int4 weights (groups of 64), 16-bit activations",
        4 + 16.0 / 64
    )]
    [InlineData(
        """{"quant_method": "gptq", "bits": 8, "group_size": -1}""",
        "int8 weights, 16-bit activations",
        8
    )]
    [InlineData(
        """{"quant_method": "auto-round", "bits": 3, "group_size": 128}""",
        "int3 weights (groups of 128), 16-bit activations",
        3 + 19.0 / 128
    )]
    [InlineData(
        """{"quant_method": "bitsandbytes", "load_in_4bit": true, "llm_int8_skip_modules": null}""",
        "nf4 weights (blocks of 64), 16-bit activations",
        4.5
    )]
    [InlineData("""{"load_in_4bit": false, "load_in_8bit": true}""", "int8 weights, 16-bit activations", 8)]
    [InlineData(
        """{"quant_method": "bitsandbytes", "load_in_8bit": true}""",
        "int8 weights, 16-bit activations",
        8
    )]
    [InlineData(
        """{"quant_method": "modelopt", "quant_algo": "NVFP4"}""",
        "nvfp4 weights (groups of 16) and activations",
        4.5
    )]
    [InlineData("""{"quant_algo": "FP8"}""", "fp8 weights and activations", 8)]
    [InlineData("""{"quant_algo": "MXFP8"}""", "mxfp8 weights (groups of 32) and activations", 8.25)]
    [InlineData(
        """{"quant_method": "modelopt", "quant_algo": "W4A8_AWQ", "group_size": 128}""",
        "int4 weights (groups of 128), fp8 activations",
        4.125
    )]
    [InlineData("""{"quant_method": "mxfp4"}""", "mxfp4 weights (groups of 32), 16-bit activations", 4.25)]
    [InlineData(
        """{"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp4", "qscheme": "per_group", "group_size": 32}, "input_tensors": {"dtype": "fp4", "group_size": 32}}}""",
        "mxfp4 weights (groups of 32) and activations",
        4.25
    )]
    [InlineData(
        """{"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "int8"}, "input_tensors": null}}""",
        "int8 weights, 16-bit activations",
        8
    )]
    [InlineData(
        """{"quant_method": "compressed-tensors", "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "int", "strategy": "channel"}, "input_activations": {"num_bits": 8, "type": "int"}}}}""",
        "int8 weights and activations",
        8
    )]
    [InlineData(
        """{"quant_method": "compressed-tensors", "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "group_size": 128, "symmetric": false}, "input_activations": null}}}""",
        "int4 weights (groups of 128), 16-bit activations",
        4 + 20.0 / 128
    )]
    [InlineData(
        """{"quant_method": "compressed-tensors", "config_groups": {"group_0": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "block_structure": [128, 128]}, "input_activations": {"num_bits": 8, "type": "float", "group_size": 128}}}}""",
        "fp8 weights (128x128 blocks) and activations",
        8 + 32.0 / 16384
    )]
    public void Every_method_says_the_format_of_the_layers(string json, string product, double storedBits)
    {
        var precision = Parse(json, s_dense);

        Assert.Equal(product, precision.Projections.Describe());
        Assert.Equal(product, precision.Mlp.Describe());
        Assert.Equal(storedBits, precision.Mlp.Weight.StoredBits, 1e-12);
        Assert.Equal(ProductFormat.SixteenBit, precision.LmHead);
        Assert.Equal(NumberFormat.SixteenBit, precision.Embedding);
        Assert.Equal(NumberFormat.SixteenBit, precision.KvCache);
        Assert.StartsWith("the model's quantization_config, ", precision.Source);
    }

    [Theory]
    [InlineData("model.layers.*.self_attn")]
    [InlineData("model.layers.*.self_attn*")]
    [InlineData("language_model.model.layers.*.self_attn.*")]
    [InlineData("*.self_attn.*")]
    [InlineData("self_attn")]
    [InlineData("re:.*self_attn.*")]
    [InlineData("re:.*(?=self_attn).*_proj")]
    public void Attention_that_is_not_converted_keeps_its_16_bits(string entry)
    {
        var list = $"[\"lm_head\", \"{entry}\", \"model.layers.0.input_layernorm\"]";
        foreach (
            var json in new[]
            {
                $$"""{"quant_method": "fp8", "modules_to_not_convert": {{list}}}""",
                $$"""{"quant_method": "modelopt", "quant_algo": "FP8", "exclude_modules": {{list}}}""",
                $$"""{"quant_method": "compressed-tensors", "ignore": {{list}}, "config_groups": {"g": {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float"}, "input_activations": {"num_bits": 8, "type": "float"} } } }""",
                $$"""{"quant_method": "quark", "exclude": {{list}}, "global_quant_config": {"weight": {"dtype": "fp8_e4m3"}, "input_tensors": {"dtype": "fp8_e4m3"} } }""",
            }
        )
        {
            var precision = Parse(json, s_experts);

            Assert.Equal(SixteenBit, precision.Projections.Describe());
            Assert.Equal("fp8 weights and activations", precision.Experts.Describe());
        }
    }

    [Theory]
    [InlineData("gate")]
    [InlineData("mlp.gate")]
    [InlineData("model.layers.0.mlp.gate")]
    [InlineData("q_proj_norm")]
    [InlineData("model.layers.99*")]
    [InlineData("mtp*")]
    [InlineData("visual")]
    public void A_list_of_other_modules_changes_nothing(string entry)
    {
        var precision = Parse(
            $$"""{"quant_method": "fp8", "modules_to_not_convert": ["{{entry}}"]}""",
            s_experts
        );

        Assert.Equal("fp8 weights and activations", precision.Projections.Describe());
        Assert.Equal("fp8 weights and activations", precision.Experts.Describe());
        Assert.Equal(ProductFormat.SixteenBit, precision.Router);
    }

    [Fact]
    public void Experts_shared_experts_and_the_first_layers_may_differ()
    {
        var precision = Parse(
            """
            {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["model.layers.0*", "model.layers.1.*",
             "model.layers.2.*", "model.layers.*.self_attn*", "*.mlp.shared_experts*", "lm_head"],
             "config_groups": {"group_0": {"targets": ["Linear"],
               "weights": {"num_bits": 4, "type": "float", "group_size": 16},
               "input_activations": {"num_bits": 4, "type": "float", "group_size": 16}}},
             "kv_cache_scheme": {"dynamic": false, "num_bits": 8, "type": "float"}}
            """,
            s_latent
        );

        Assert.Equal("nvfp4 weights (groups of 16) and activations", precision.Experts.Describe());
        Assert.Equal(SixteenBit, precision.Mlp.Describe());
        Assert.Equal(SixteenBit, precision.SharedExperts.Describe());
        Assert.Equal(SixteenBit, precision.Projections.Describe());
        Assert.Equal(NumberFormat.Fp8, precision.KvCache);
        Assert.Equal(NumberFormat.Fp8, precision.Attention);
    }

    [Fact]
    public void Where_layers_differ_the_bytes_are_those_of_all_and_the_share_is_said()
    {
        var precision = Parse(
            """{"quant_method": "fp8", "modules_to_not_convert": ["model.layers.0", "model.layers.1.mlp"]}""",
            s_dense
        );

        // 36 layers.
        Assert.Equal(8 + 8 * 2.0 / 36, precision.Mlp.Weight.StoredBits, 1e-12);
        Assert.Equal(8 + 8 / 36.0, precision.Projections.Weight.StoredBits, 1e-12);
        Assert.Equal(8, precision.Mlp.Weight.Bits);
        Assert.Equal(
            "fp8 weights (94.4 % of them, the rest 16-bit) and activations",
            precision.Mlp.Describe()
        );
    }

    [Fact]
    public void Modules_may_have_a_format_each()
    {
        var layers = string.Join(
            ',',
            Enumerable
                .Range(0, s_dense.Layers)
                .SelectMany(layer =>
                    new[]
                    {
                        $$"""  "model.layers.{{layer}}.self_attn.q_proj": {"quant_algo": "FP8"}""",
                        $$"""  "model.layers.{{layer}}.self_attn.k_proj": {"quant_algo": "FP8"}""",
                        $$"""  "model.layers.{{layer}}.self_attn.v_proj": {"quant_algo": "FP8"}""",
                        $$"""  "model.layers.{{layer}}.self_attn.o_proj": {"quant_algo": "FP8"}""",
                        $$"""  "model.layers.{{layer}}.mlp": {"quant_algo": "W4A16_NVFP4", "group_size": 16}""",
                    }
                )
        );
        var precision = Parse(
            $$"""
            {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "kv_cache_quant_algo": "NVFP4",
             "quantized_layers": { {{layers}}, "lm_head": {"quant_algo": "W4A16_NVFP4", "group_size": 16} } }
            """,
            s_dense
        );

        Assert.Equal("fp8 weights and activations", precision.Projections.Describe());
        Assert.Equal("nvfp4 weights (groups of 16), 16-bit activations", precision.Mlp.Describe());
        Assert.Equal(NumberFormat.Nvfp4, precision.LmHead.Weight);
        Assert.Equal(NumberFormat.Nvfp4, precision.KvCache);
    }

    [Theory]
    [InlineData("""{"quant_method": "modelopt", "quant_algo": null, "kv_cache_quant_algo": "FP8"}""")]
    [InlineData("""{"kv_cache_quant_algo": "FP8"}""")]
    [InlineData(
        """{"quant_method": "quark", "global_quant_config": {"weight": null}, "kv_cache_quant_config": {"*k_proj": {"output_tensors": {"dtype": "fp8_e4m3"}}}}"""
    )]
    public void The_KV_cache_may_be_narrow_alone(string json)
    {
        var precision = Parse(json, s_dense);

        Assert.Equal(SixteenBit, precision.Mlp.Describe());
        Assert.Equal(NumberFormat.Fp8, precision.KvCache);
    }

    [Fact]
    public void Gptq_has_rules_that_leave_modules_out_and_lists_of_those_in()
    {
        const string Start = """{"quant_method": "gptq", "bits": 4, "group_size": 128, """;
        var ruled = Parse(
            Start + """ "dynamic": {"-:.*self_attn.*": {}, "+:.*mlp.*": {"bits": 4}}}""",
            s_dense
        );
        var listed = Parse(
            Start
                + """ "lm_head": true, "modules_in_block_to_quantize": [["mlp.gate_proj", "mlp.up_proj"], ["mlp.down_proj"]]}""",
            s_dense
        );

        Assert.Equal(SixteenBit, ruled.Projections.Describe());
        Assert.Equal(4, ruled.Mlp.Weight.Bits);
        Assert.Equal(SixteenBit, listed.Projections.Describe());
        Assert.Equal(4, listed.Mlp.Weight.Bits);
        Assert.Equal(4, listed.LmHead.Weight.Bits);
        Assert.Equal(16, ruled.LmHead.Weight.Bits);
    }

    [Theory]
    [InlineData(
        """{"quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": {"+:.*\\.down_proj.*": {"bits": 8, "group_size": 64}}}"""
    )]
    [InlineData(
        """{"quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": {".*\\.down_proj.*": {"bits": 8, "group_size": 64}, "-:.*down_proj": {}}}"""
    )]
    [InlineData(
        """{"quant_method": "auto-round", "bits": 4, "group_size": 128, "extra_config": {"down_proj$": {"bits": 8, "group_size": 64}}}"""
    )]
    public void Rules_may_give_modules_other_bits(string json)
    {
        var precision = Parse(json, s_dense);

        Assert.Equal(4 + 20.0 / 128, precision.Projections.Weight.StoredBits);
        Assert.Equal((2 * (4 + 20.0 / 128) + 8 + 24.0 / 64) / 3, precision.Mlp.Weight.StoredBits, 1e-12);
    }

    [Fact]
    public void Auto_round_leaves_modules_at_16_bits_by_name()
    {
        var precision = Parse(
            """{"quant_method": "auto-round", "bits": 4, "group_size": 128, "extra_config": {"model.layers.0.mlp.down_proj": {"bits": 16}}}""",
            s_dense
        );

        const double Int4 = 4 + 20.0 / 128;
        var matrices = 3.0 * s_dense.Layers;
        Assert.Equal(((matrices - 1) * Int4 + 16) / matrices, precision.Mlp.Weight.StoredBits, 1e-12);
    }

    [Theory]
    [InlineData("""{"bits": 4}""", "config.json:quantization_config:quant_method: missing; known are fp8,")]
    [InlineData(
        """{"quant_method": "gptk", "bits": 4}""",
        "config.json:quantization_config:quant_method: 'gptk' is unknown; known are fp8,"
    )]
    [InlineData(
        """{"quant_method": "awq", "bits": 40}""",
        "config.json:quantization_config:bits: 40 where a whole number from 1 to 16"
    )]
    [InlineData(
        """{"quant_method": "modelopt", "quant_algo": "NVFP5"}""",
        "config.json:quantization_config:quant_algo: 'NVFP5' is unknown"
    )]
    [InlineData(
        """{"quant_method": "fp8", "weight_block_size": [128]}""",
        "config.json:quantization_config:weight_block_size: two whole numbers"
    )]
    [InlineData(
        """{"quant_method": "fp8", "weight_block_size": [128, 0]}""",
        "config.json:quantization_config:weight_block_size: [128, 0] where"
    )]
    [InlineData(
        """{"quant_method": "fp8", "modules_to_not_convert": [1]}""",
        "config.json:quantization_config:modules_to_not_convert: [1] where a list of strings"
    )]
    [InlineData(
        """{"quant_method": "fp8", "modules_to_not_convert": ["re:("]}""",
        "quantization_config: 're:(' is not a regular expression"
    )]
    [InlineData("\"fp8\"", "config.json:quantization_config: \"fp8\" where an object is expected.")]
    [InlineData(
        """{"quant_method": "fp8", "kv_cache_scheme": {"num_bits": 5, "type": "float"}}""",
        "config.json:quantization_config:kv_cache_scheme:num_bits: 5 bits of floating point"
    )]
    public void What_is_not_understood_is_an_error(string json, string message) =>
        Assert.StartsWith(message, Assert.Throws<UserErrorException>(() => Parse(json, s_dense)).Message);

    [Fact]
    public void Sparsity_that_is_not_counted_is_named() =>
        Assert.EndsWith(
            "its sparsity is not counted",
            Parse(
                """{"quant_method": "fp8", "sparsity_config": {"format": "sparse-24-bitmask"}}""",
                s_dense
            ).Source
        );

    [Fact]
    public void A_model_without_such_a_block_states_none()
    {
        Assert.Null(QuantizationParser.Read(Fields("{}"), s_dense));
        Assert.Null(QuantizationParser.Read(Fields("""{"quantization_config": null}"""), s_dense));
        Assert.NotNull(
            QuantizationParser.Read(
                Fields("""{"text_config": {"quantization_config": {"quant_method": "fp8"}}}"""),
                s_dense
            )
        );
    }

    /// <summary>Published files, read for a model of the same kind of layers.</summary>
    [Theory]
    [InlineData("Qwen--Qwen3-30B-A3B-FP8", "experts", "fp8", "fp8", "-", "16-bit")]
    [InlineData("Qwen--Qwen3-32B-FP8-Static-PerTensor", "dense", "fp8", "-", "fp8", "fp8")]
    [InlineData("Qwen--Qwen3-32B-FP8", "dense", "fp8", "-", "fp8", "16-bit")]
    [InlineData("MiniMaxAI--MiniMax-M2.7", "experts", "fp8", "fp8", "-", "16-bit")]
    [InlineData("XiaomiMiMo--MiMo-V2-Flash", "experts", "fp8", "fp8", "-", "16-bit")]
    [InlineData("deepseek-ai--DeepSeek-R1", "latent", "fp8", "fp8", "fp8", "16-bit")]
    [InlineData("moonshotai--Kimi-K2-Instruct", "latent", "fp8", "fp8", "fp8", "16-bit")]
    [InlineData("nvidia--GLM-5.1-NVFP4", "latent", "16-bit", "nvfp4", "16-bit", "fp8")]
    [InlineData("nvidia--Gemma-4-31B-IT-NVFP4", "dense", "16-bit", "-", "nvfp4", "fp8")]
    [InlineData("nvidia--Kimi-K2.5-NVFP4", "latent", "16-bit", "nvfp4", "nvfp4", "fp8")]
    [InlineData("nvidia--Kimi-K2.6-NVFP4", "latent", "16-bit", "nvfp4", "16-bit", "fp8")]
    [InlineData("nvidia--Kimi-K2.7-Code-NVFP4", "latent", "16-bit", "nvfp4", "16-bit", "fp8")]
    [InlineData("nvidia--MiniMax-M2.5-NVFP4", "experts", "16-bit", "nvfp4", "-", "fp8")]
    [InlineData("nvidia--Qwen3.6-27B-NVFP4", "dense", "-", "-", "nvfp4", "fp8")]
    [InlineData("nvidia--DeepSeek-V4-Flash-NVFP4", "latent", "fp8", "nvfp4", "fp8", "16-bit")]
    [InlineData("openai--gpt-oss-120b", "experts", "16-bit", "mxfp4", "-", "16-bit")]
    [InlineData("zai-org--GLM-5-FP8", "latent", "fp8", "fp8", "fp8", "16-bit")]
    [InlineData("zai-org--GLM-5.2-FP8", "latent", "fp8", "fp8", "fp8", "16-bit")]
    public void Published_files_say_what_their_authors_converted(
        string file,
        string kind,
        string projections,
        string experts,
        string mlp,
        string kvCache
    )
    {
        var path = SharedFiles.Require($"model_configs/{file}_config.json");
        using var stream = File.OpenRead(path);
        // Layers of the file; the first of a model with latent attention have no experts.
        var fields = JsonFields.Read(stream, path);
        var text = fields.OptionalObject("text_config") ?? fields;
        var model = kind switch
        {
            "dense" => s_dense,
            "experts" => s_experts,
            _ => s_latent with { MixtureOfExperts = s_latent.MixtureOfExperts! with { DenseLayers = 1 } },
        } with
        {
            Layers = text.PositiveInt("num_hidden_layers"),
        };

        var precision = QuantizationParser.Read(fields, model)!;

        if (projections != "-")
        {
            Assert.Equal(projections, precision.Projections.Weight.Name);
        }

        Assert.Equal(kvCache, precision.KvCache.Name);
        if (experts != "-")
        {
            Assert.Equal(experts, precision.Experts.Weight.Name);
        }

        if (mlp != "-")
        {
            Assert.Equal(mlp, precision.Mlp.Weight.Name);
        }
    }

    private static Precision Parse(string json, ModelDescription model) =>
        QuantizationParser.Read(Fields($$"""{"quantization_config": {{json}} }"""), model)!;

    private static JsonFields Fields(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        return JsonFields.Read(stream, "config.json");
    }
}
