using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>
/// Parameters counted from the shapes beside those that are published: the sum of the tensors' sizes that the hub shows
/// for the weights, or where the weights are quantized or have modules for the prediction of several tokens, the figures
/// of the model's card or report.
/// </summary>
public sealed class PublishedParametersTests
{
    [Theory]
    [InlineData("Qwen/Qwen3-235B-A22B-Instruct-2507", 235_093_634_560)]
    [InlineData("Qwen/Qwen3-Coder-480B-A35B-Instruct", 480_154_875_392)]
    [InlineData("Qwen/Qwen3-Coder-30B-A3B-Instruct", 30_532_122_624)]
    [InlineData("Qwen/Qwen3-4B-Instruct-2507", 4_022_468_096)]
    [InlineData("Qwen/QwQ-32B", 32_763_876_352)]
    [InlineData("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", 1_777_088_000)]
    [InlineData("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", 7_615_616_512)]
    [InlineData("deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", 8_190_735_360)]
    [InlineData("moonshotai/Moonlight-16B-A3B-Instruct", 15_960_111_936)]
    [InlineData("mistralai/Ministral-8B-Instruct-2410", 8_019_808_256)]
    [InlineData("mistralai/Codestral-22B-v0.1", 22_247_282_688)]
    [InlineData("mistralai/Devstral-Small-2507", 23_572_403_200)]
    [InlineData("microsoft/phi-4", 14_659_507_200)]
    [InlineData("microsoft/Phi-4-mini-instruct", 3_836_021_760)]
    [InlineData("microsoft/Phi-3.5-mini-instruct", 3_821_079_552)]
    [InlineData("microsoft/Phi-3.5-MoE-instruct", 41_873_153_344)]
    [InlineData("inclusionAI/Ling-mini-2.0", 16_255_643_392)]
    [InlineData("ByteDance-Seed/Seed-OSS-36B-Instruct", 36_151_104_512)]
    [InlineData("rednote-hilab/dots.llm1.inst", 142_774_381_696)]
    [InlineData("tencent/Hunyuan-A13B-Instruct", 80_393_183_232)]
    [InlineData("ibm-granite/granite-3.3-8b-instruct", 8_170_864_640)]
    [InlineData("HuggingFaceTB/SmolLM3-3B", 3_075_098_624)]
    [InlineData("allenai/OLMo-2-1124-7B-Instruct", 7_298_617_344)]
    [InlineData("allenai/OLMo-2-1124-13B-Instruct", 13_716_198_400)]
    [InlineData("allenai/OLMo-2-0325-32B-Instruct", 32_234_279_936)]
    [InlineData("internlm/internlm3-8b-instruct", 8_804_241_408)]
    [InlineData("01-ai/Yi-1.5-34B-Chat", 34_388_917_248)]
    [InlineData("CohereLabs/c4ai-command-r-08-2024", 32_296_476_672)]
    [InlineData("CohereLabs/c4ai-command-r-plus-08-2024", 103_810_674_688)]
    [InlineData("swiss-ai/Apertus-8B-Instruct-2509", 8_053_338_176)]
    public void A_model_of_the_catalog_has_the_parameters_of_its_weights(string id, long parameters) =>
        Assert.InRange(ModelCatalog.BuiltIn.Get(id).Parameters / (double)parameters, 0.9999, 1.0001);

    /// <summary>All and active, as their authors round them.</summary>
    [Theory]
    [InlineData("Qwen/Qwen3-Coder-480B-A35B-Instruct", 480e9, 35e9)]
    [InlineData("moonshotai/Kimi-K2-Instruct", 1026e9, 32e9)]
    [InlineData("MiniMaxAI/MiniMax-M2", 229e9, 10e9)]
    [InlineData("baidu/ERNIE-4.5-300B-A47B-PT", 300e9, 47e9)]
    [InlineData("baidu/ERNIE-4.5-21B-A3B-PT", 21.8e9, 3e9)]
    [InlineData("inclusionAI/Ling-1T", 1000e9, 50e9)]
    [InlineData("inclusionAI/Ling-flash-2.0", 103e9, 6.1e9)]
    [InlineData("rednote-hilab/dots.llm1.inst", 142.8e9, 14e9)]
    [InlineData("zai-org/GLM-4.7-Flash", 30e9, 3e9)]
    public void A_model_with_experts_has_the_parameters_of_its_card(string id, double all, double active)
    {
        var model = ModelCatalog.BuiltIn.Get(id);
        var embeddings = (model.TiedEmbeddings ? 1L : 2L) * model.VocabularySize * model.HiddenSize;

        Assert.InRange(model.Parameters / all, 0.995, 1.005);
        // Authors count the active ones with embeddings or without.
        Assert.InRange(active, 0.9 * (model.ActiveParameters - embeddings), 1.08 * model.ActiveParameters);
    }

    /// <summary>
    /// The weights of GLM-4.5 have a module for the prediction of several tokens that we do not count: a layer, a matrix
    /// that joins two hidden states, an embedding and a projection to the vocabulary.
    /// </summary>
    [Theory]
    [InlineData("zai-org/GLM-4.5", 358_337_791_296, 32e9)]
    [InlineData("zai-org/GLM-4.5-Air", 110_468_824_832, 12e9)]
    public void Glm_has_the_parameters_of_its_weights_less_a_module(string id, long published, double active)
    {
        var model = ModelCatalog.BuiltIn.Get(id);
        var experts = model.MixtureOfExperts!;
        long hidden = model.HiddenSize;
        var attention = 2 * hidden * model.HeadSize * (model.AttentionHeads + model.KvHeads);
        var mlps = 3 * hidden * experts.ExpertIntermediateSize * (experts.Experts + 1L);
        var module = attention + mlps + 2 * hidden * hidden + 2 * hidden * model.VocabularySize;

        Assert.InRange((model.Parameters + module) / (double)published, 0.9999, 1.0001);
        Assert.InRange(model.ActiveParameters / active, 0.97, 1.13);
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void A_family_has_the_parameters_of_its_weights(string name, long parameters, string json)
    {
        var counted = Configs.Parse(json).Parameters;

        Assert.True(
            Math.Abs(counted / (double)parameters - 1) < 0.0005,
            $"{name}: {counted} counted, {parameters} published"
        );
    }

    public static TheoryData<string, long, string> Published() =>
        new()
        {
            {
                "tiiuae/falcon-7b",
                6_921_720_704,
                """{"model_type": "falcon", "hidden_size": 4544, "n_layer": 32, "n_head": 71, "vocab_size": 65024, "multi_query": true, "parallel_attn": true, "bias": false, "new_decoder_architecture": false}"""
            },
            {
                "tiiuae/falcon-40b",
                41_303_293_952,
                """{"model_type": "falcon", "hidden_size": 8192, "num_hidden_layers": 60, "num_attention_heads": 128, "num_kv_heads": 8, "vocab_size": 65024, "parallel_attn": true, "bias": false, "new_decoder_architecture": true}"""
            },
            {
                "EleutherAI/gpt-neox-20b",
                20_554_567_680,
                """{"model_type": "gpt_neox", "hidden_size": 6144, "intermediate_size": 24576, "num_hidden_layers": 44, "num_attention_heads": 64, "vocab_size": 50432, "max_position_embeddings": 2048, "tie_word_embeddings": false}"""
            },
            {
                "EleutherAI/pythia-12b",
                11_846_072_320,
                """{"model_type": "gpt_neox", "hidden_size": 5120, "intermediate_size": 20480, "num_hidden_layers": 36, "num_attention_heads": 40, "vocab_size": 50688, "max_position_embeddings": 2048, "tie_word_embeddings": false, "use_parallel_residual": true}"""
            },
            {
                "EleutherAI/gpt-j-6b",
                6_050_882_784,
                """{"model_type": "gptj", "n_embd": 4096, "n_layer": 28, "n_head": 16, "n_positions": 2048, "vocab_size": 50400, "n_inner": null, "tie_word_embeddings": false}"""
            },
            {
                "facebook/opt-6.7b",
                6_658_473_984,
                """{"model_type": "opt", "hidden_size": 4096, "ffn_dim": 16384, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 50272, "max_position_embeddings": 2048, "word_embed_proj_dim": 4096, "do_layer_norm_before": true}"""
            },
            {
                "bigscience/bloom",
                176_247_271_424,
                """{"model_type": "bloom", "n_embed": 14336, "n_layer": 70, "num_attention_heads": 112, "vocab_size": 250880, "seq_length": 2048}"""
            },
            {
                "bigcode/starcoder",
                15_517_456_384,
                """{"model_type": "gpt_bigcode", "n_embd": 6144, "n_inner": 24576, "n_layer": 40, "n_head": 48, "n_positions": 8192, "vocab_size": 49152, "multi_query": true}"""
            },
            {
                "bigcode/starcoder2-15b",
                15_957_889_024,
                """{"model_type": "starcoder2", "hidden_size": 6144, "intermediate_size": 24576, "num_hidden_layers": 40, "num_attention_heads": 48, "num_key_value_heads": 4, "vocab_size": 49152, "max_position_embeddings": 16384, "sliding_window": 4096, "use_bias": true, "tie_word_embeddings": false}"""
            },
            {
                "microsoft/phi-2",
                2_779_683_840,
                """{"model_type": "phi", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 51200, "max_position_embeddings": 2048, "tie_word_embeddings": false, "partial_rotary_factor": 0.4}"""
            },
            {
                "THUDM/glm-4-9b-chat",
                9_399_951_360,
                """{"model_type": "chatglm", "hidden_size": 4096, "ffn_hidden_size": 13696, "num_layers": 40, "num_attention_heads": 32, "multi_query_attention": true, "multi_query_group_num": 2, "kv_channels": 128, "padded_vocab_size": 151552, "seq_length": 131072, "add_qkv_bias": true, "add_bias_linear": false}"""
            },
            {
                "zai-org/GLM-4-9B-0414",
                9_400_279_040,
                """{"model_type": "glm4", "hidden_size": 4096, "intermediate_size": 13696, "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128, "vocab_size": 151552, "max_position_embeddings": 32768, "attention_bias": true, "tie_word_embeddings": false}"""
            },
            {
                "stabilityai/stablelm-2-12b",
                12_143_605_760,
                """{"model_type": "stablelm", "hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 100352, "max_position_embeddings": 4096, "qk_layernorm": true, "use_parallel_residual": true, "use_qkv_bias": false, "tie_word_embeddings": false}"""
            },
            {
                "stabilityai/stablelm-2-1_6b",
                1_644_515_328,
                """{"model_type": "stablelm", "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 24, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 100352, "max_position_embeddings": 4096, "use_qkv_bias": true, "tie_word_embeddings": false}"""
            },
            {
                "google/gemma-7b",
                8_537_680_896,
                """{"model_type": "gemma", "hidden_size": 3072, "intermediate_size": 24576, "num_hidden_layers": 28, "num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 256, "vocab_size": 256000, "max_position_embeddings": 8192}"""
            },
            {
                "google/gemma-2-9b",
                9_241_705_984,
                """{"model_type": "gemma2", "hidden_size": 3584, "intermediate_size": 14336, "num_hidden_layers": 42, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim": 256, "vocab_size": 256000, "max_position_embeddings": 8192, "sliding_window": 4096}"""
            },
            {
                "google/gemma-3-1b-it",
                999_885_952,
                """{"model_type": "gemma3_text", "hidden_size": 1152, "intermediate_size": 6912, "num_hidden_layers": 26, "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 256, "vocab_size": 262144, "max_position_embeddings": 32768, "sliding_window": 512, "sliding_window_pattern": 6}"""
            },
            {
                "Qwen/Qwen1.5-MoE-A2.7B",
                14_315_784_192,
                """{"model_type": "qwen2_moe", "hidden_size": 2048, "intermediate_size": 5632, "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632, "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 16, "num_experts": 60, "num_experts_per_tok": 4, "decoder_sparse_step": 1, "vocab_size": 151936, "max_position_embeddings": 8192, "tie_word_embeddings": false}"""
            },
            {
                "allenai/OLMoE-1B-7B-0924",
                6_919_161_856,
                """{"model_type": "olmoe", "hidden_size": 2048, "intermediate_size": 1024, "num_hidden_layers": 16, "num_attention_heads": 16, "num_key_value_heads": 16, "num_experts": 64, "num_experts_per_tok": 8, "vocab_size": 50304, "max_position_embeddings": 4096, "tie_word_embeddings": false}"""
            },
            {
                "deepseek-ai/deepseek-moe-16b-base",
                16_375_728_128,
                """{"model_type": "deepseek", "hidden_size": 2048, "intermediate_size": 10944, "moe_intermediate_size": 1408, "num_hidden_layers": 28, "first_k_dense_replace": 1, "moe_layer_freq": 1, "num_attention_heads": 16, "num_key_value_heads": 16, "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "vocab_size": 102400, "max_position_embeddings": 4096, "tie_word_embeddings": false}"""
            },
            {
                // The model card: 116.8e9 parameters.
                "openai/gpt-oss-120b",
                116_829_156_672,
                """{"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 36, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "num_local_experts": 128, "num_experts_per_tok": 4, "vocab_size": 201088, "max_position_embeddings": 131072, "sliding_window": 128, "attention_bias": true, "tie_word_embeddings": false}"""
            },
            {
                "openai/gpt-oss-20b",
                20_914_757_184,
                """{"model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 24, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "num_local_experts": 32, "num_experts_per_tok": 4, "vocab_size": 201088, "max_position_embeddings": 131072, "sliding_window": 128, "attention_bias": true, "tie_word_embeddings": false}"""
            },
            {
                // The text of 108.64e9 parameters; the part of the pictures has 0.87e9.
                "meta-llama/Llama-4-Scout-17B-16E-Instruct",
                107_769_861_120,
                """{"model_type": "llama4", "text_config": {"model_type": "llama4_text", "hidden_size": 5120, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "num_hidden_layers": 48, "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "num_local_experts": 16, "num_experts_per_tok": 1, "interleave_moe_layer_step": 1, "attention_chunk_size": 8192, "vocab_size": 202048, "max_position_embeddings": 10485760}}"""
            },
            {
                "meta-llama/Llama-3.2-11B-Vision-Instruct, the text",
                9_775_192_064,
                """{"model_type": "mllama", "text_config": {"model_type": "mllama_text_model", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 8, "cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38], "vocab_size": 128256, "max_position_embeddings": 131072, "tie_word_embeddings": false}, "vision_config": {"hidden_size": 1280}}"""
            },
            {
                "baichuan-inc/Baichuan2-7B-Base",
                7_505_973_248,
                """{"model_type": "baichuan", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32, "vocab_size": 125696, "max_position_embeddings": 4096, "model_max_length": 4096, "tie_word_embeddings": false}"""
            },
            {
                "internlm/internlm2-7b",
                7_737_708_544,
                """{"model_type": "internlm2", "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 92544, "max_position_embeddings": 32768, "bias": false, "tie_word_embeddings": false, "rope_scaling": {"type": "dynamic", "factor": 2.0}}"""
            },
            {
                "openbmb/MiniCPM-2B-sft-bf16",
                2_724_880_896,
                """{"model_type": "minicpm", "hidden_size": 2304, "intermediate_size": 5760, "num_hidden_layers": 40, "num_attention_heads": 36, "num_key_value_heads": 36, "vocab_size": 122753, "max_position_embeddings": 4096, "scale_emb": 12, "dim_model_base": 256, "scale_depth": 1.4}"""
            },
            {
                "LGAI-EXAONE/EXAONE-4.0-1.2B",
                1_279_391_488,
                """{"model_type": "exaone4", "hidden_size": 2048, "intermediate_size": 4096, "num_hidden_layers": 30, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 102400, "max_position_embeddings": 65536, "sliding_window": null, "sliding_window_pattern": null, "tie_word_embeddings": true}"""
            },
            {
                "LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct",
                7_818_448_896,
                """{"model_type": "exaone", "hidden_size": 4096, "intermediate_size": 14336, "num_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 102400, "max_position_embeddings": 32768, "tie_word_embeddings": false}"""
            },
            {
                "allenai/OLMo-7B-hf",
                6_888_095_744,
                """{"model_type": "olmo", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 50304, "max_position_embeddings": 2048, "tie_word_embeddings": false}"""
            },
            {
                "mistralai/Mistral-Small-3.1-24B-Instruct-2503, the text",
                23_572_403_200,
                """{"model_type": "mistral3", "text_config": {"model_type": "mistral", "hidden_size": 5120, "intermediate_size": 32768, "num_hidden_layers": 40, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 131072, "max_position_embeddings": 131072, "sliding_window": null}, "vision_config": {"model_type": "pixtral"}}"""
            },
        };
}
