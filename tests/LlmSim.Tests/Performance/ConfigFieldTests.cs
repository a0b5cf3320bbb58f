using System.Text;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Every field is used, does not matter, is refused, or is named.</summary>
public sealed class ConfigFieldTests
{
    private const string Llama = """
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
         "num_attention_heads": 4, "vocab_size": 100, "max_position_embeddings": 512}
        """;

    [Theory]
    [InlineData("\"rms_norm_eps\": 1e-5, \"rope_theta\": 1e6, \"torch_dtype\": \"bfloat16\"")]
    [InlineData("\"bos_token_id\": 1, \"eos_token_id\": [2, 3], \"attention_dropout\": 0.1")]
    [InlineData("\"something_new\": false, \"something_else\": null, \"a_list\": [], \"a_number\": 0")]
    [InlineData("\"num_experts\": 1, \"num_nextn_predict_layers\": 0, \"is_encoder_decoder\": false")]
    public void What_does_not_matter_is_passed_over(string fields)
    {
        var model = With(fields);

        Assert.Empty(model.Notices);
        Assert.Equal(Configs.Parse(Llama), model);
    }

    [Theory]
    [InlineData(
        "\"something_new\": 5",
        "fields of the config that are not known, and were passed over: something_new"
    )]
    [InlineData(
        "\"a\": \"b\", \"c\": [1], \"d\": true",
        "fields of the config that are not known, and were passed over: a, c, d"
    )]
    [InlineData(
        "\"num_nextn_predict_layers\": 1",
        "num_nextn_predict_layers: modules that predict several tokens"
    )]
    [InlineData(
        "\"vision_config\": {\"depth\": 27}, \"image_size\": 5",
        "vision_config: of this model the text alone is simulated"
    )]
    public void What_changes_results_and_is_not_simulated_is_named(string fields, string notice) =>
        Assert.StartsWith(notice, Assert.Single(With(fields).Notices));

    [Theory]
    [InlineData("\"index_topk\": 2048", "index_topk: sparse attention")]
    [InlineData("\"sparse_attention_config\": {\"a\": 1}", "sparse_attention_config: sparse attention")]
    [InlineData("\"mamba_num_heads\": 8", "mamba_num_heads: layers of a state-space model")]
    [InlineData("\"full_attention_interval\": 4", "full_attention_interval: linear attention")]
    [InlineData("\"block_configs\": [{}]", "block_configs: layers that differ")]
    [InlineData("\"use_cla\": true", "use_cla: keys and values that layers share")]
    [InlineData("\"attn_output_gate\": true", "attn_output_gate: a gate after attention")]
    [InlineData("\"n_routed_experts\": 8", "n_routed_experts: a model of type 'llama' has no experts")]
    [InlineData("\"kv_lora_rank\": 512", "kv_lora_rank: a model of type 'llama' has no latent attention")]
    [InlineData(
        "\"attention_chunk_size\": 8192",
        "attention_chunk_size: a model of type 'llama' has no attention"
    )]
    [InlineData("\"is_encoder_decoder\": true", "is_encoder_decoder: an encoder")]
    public void What_would_need_other_layers_is_refused(string fields, string message) =>
        Assert.StartsWith(
            $"config.json:{message}",
            Assert.Throws<UserErrorException>(() => With(fields)).Message
        );

    [Theory]
    [InlineData("lfm2", "layers of short convolutions")]
    [InlineData("t5", "an encoder")]
    [InlineData("mamba2", "layers of a state-space model (Mamba)")]
    [InlineData("bailing_moe_linear", "layers of linear attention")]
    [InlineData("gemma3n", "windows in some layers")]
    public void A_type_that_is_not_simulated_yet_says_what_it_has(string type, string lack)
    {
        var plain = Llama.Replace("llama", type, StringComparison.Ordinal);
        var nested = $$"""{"model_type": "{{type}}", "text_config": {{Llama}}}""";
        foreach (var json in new[] { plain, nested })
        {
            var error = Assert.Throws<UserErrorException>(() => Configs.Parse(json));

            Assert.StartsWith($"config.json:model_type: '{type}' has {lack}", error.Message);
        }
    }

    [Theory]
    [InlineData("text_config")]
    [InlineData("llm_config")]
    [InlineData("language_config")]
    [InlineData("thinker_config")]
    public void The_text_of_a_model_of_pictures_is_read(string part)
    {
        var json =
            $$"""{"model_type": "something_vl", "{{part}}": {{Llama}}, "vision_config": {"depth": 3}, "tie_word_embeddings": true}""";
        var model = Configs.Parse(json);

        Assert.Equal(Configs.Parse(Llama).Parameters - 64 * 100, model.Parameters);
        Assert.StartsWith("vision_config:", Assert.Single(model.Notices));
    }

    [Fact]
    public void A_field_of_the_text_is_named_with_its_place() =>
        Assert.StartsWith(
            "config.json:text_config:hidden_size: missing.",
            Assert
                .Throws<UserErrorException>(() =>
                    Configs.Parse(
                        """{"model_type": "llava", "text_config": {"model_type": "llama", "num_attention_heads": 4}}"""
                    )
                )
                .Message
        );

    [Theory]
    [InlineData("\"a\": NaN")]
    [InlineData("\"a\": Infinity, \"b\": [-Infinity, NaN], \"c\": \"NaN \\\" Infinity\"")]
    [InlineData("\"time_step_limit\": [0.0, Infinity]")]
    public void Numbers_as_Python_writes_them_are_read(string fields) =>
        Assert.Equal(Configs.Parse(Llama).Parameters, With(fields).Parameters);

    [Theory]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": NaN", "config.json:hidden_size: \"NaN\" where")]
    [InlineData(
        "\"vocab_size\": 100",
        "\"vocab_size\": -Infinity",
        "config.json:vocab_size: \"-Infinity\" where"
    )]
    [InlineData("\"vocab_size\": 100", "\"vocab_size\": nan", "config.json:2: not valid JSON")]
    [InlineData(
        "\"vocab_size\": 100",
        "\"vocab_size\": 100, \"vocab_size\": NaN",
        "config.json:1: not valid JSON: Duplicate"
    )]
    [InlineData("\"llama\"", "\"\\ud800\"", "config.json:model_type: \"\\ud800\" where a string")]
    [InlineData("{", "{\"\\ud800\": 1, ", "config.json: not valid JSON: an escape such as \\ud800")]
    public void What_is_wrong_stays_an_error(string found, string replacement, string message)
    {
        var json = Llama.Replace(found, replacement, StringComparison.Ordinal);

        Assert.StartsWith(message, Assert.Throws<UserErrorException>(() => Configs.Parse(json)).Message);
    }

    [Fact]
    public void A_mark_of_UTF_8_may_stand_before_it() =>
        Assert.Equal(
            Configs.Parse(Llama),
            Configs.Parse([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Llama)])
        );

    [Fact]
    public void A_file_of_another_encoding_is_an_error() =>
        Assert.Equal(
            "config.json:1: not a text in UTF-8; a JSON object is expected.",
            Assert
                .Throws<UserErrorException>(() => Configs.Parse(Encoding.Latin1.GetBytes("{\"a\": \"é\"}")))
                .Message
        );

    [Fact]
    public void A_long_list_of_modules_is_read()
    {
        var modules = Enumerable
            .Range(0, 40_000)
            .Select(i => $"\"model.layers.{i}.block_sparse_moe.experts\"");

        Assert.Equal(
            Configs.Parse(Llama).Parameters,
            With(
                $"\"quantization_config\": {{\"quant_method\": \"modelopt\", \"ignore\": [{string.Join(",", modules)}]}}"
            ).Parameters
        );
    }

    [Fact]
    public void A_file_that_is_too_large_to_be_a_config_is_not_read_to_its_end()
    {
        using var stream = new EndlessStream();

        var error = Assert.Throws<UserErrorException>(() =>
            ModelConfigParser.Parse("x", stream, "config.json")
        );
        Assert.Equal("config.json: larger than 64 MiB; a JSON object is expected.", error.Message);
    }

    [Theory]
    [InlineData(
        "\"num_hidden_layers\": 2",
        "\"num_hidden_layers\": 2000000000",
        "num_hidden_layers: 2000000000 where"
    )]
    [InlineData("\"hidden_size\": 64", "\"hidden_size\": 2000000000", "hidden_size: 2000000000 where")]
    [InlineData(
        "\"intermediate_size\": 128",
        "\"intermediate_size\": 90000000",
        "intermediate_size: 90000000 where"
    )]
    public void A_size_beyond_belief_is_an_error(string found, string replacement, string message)
    {
        var json = Llama.Replace(found, replacement, StringComparison.Ordinal);

        Assert.StartsWith(
            $"config.json:{message}",
            Assert.Throws<UserErrorException>(() => Configs.Parse(json)).Message
        );
    }

    /// <summary>Each published config with one value, name or byte changed at random: a description or a message, never another end.</summary>
    [Fact]
    public void No_config_ends_in_anything_but_a_description_or_a_message()
    {
        var random = new Random(9);
        string[] values =
        [
            "0",
            "-1",
            "1e300",
            "NaN",
            "null",
            "true",
            "\"x\"",
            "[]",
            "[1,\"a\"]",
            "{}",
            "2147483647",
            "\"\\ud800\"",
        ];
        var refused = 0;
        foreach (var name in EmbeddedCatalog.Names("models").Where(name => name != "aliases"))
        {
            var text = Encoding.UTF8.GetString(EmbeddedCatalog.Content("models", name));
            for (var i = 0; i < 10; i++)
            {
                var lines = text.Split('\n');
                var at = random.Next(1, lines.Length - 2);
                var colon = lines[at].IndexOf(':', StringComparison.Ordinal);
                lines[at] =
                    i % 5 == 0 || colon < 0
                        ? lines[at].Remove(random.Next(lines[at].Length), 1)
                        : $"{lines[at][..colon]}: {values[random.Next(values.Length)]},";
                try
                {
                    var model = Configs.Parse(string.Join('\n', lines));
                    Assert.InRange(model.Parameters, 1, (long)1e15);
                    Assert.NotEmpty(TensorParallelism.Degrees(model, Semantics.Standard));
                }
                catch (UserErrorException e)
                {
                    Assert.StartsWith("config.json:", e.Message);
                    refused++;
                }
            }
        }

        Assert.True(refused > 300, $"{refused}");
    }

    private static ModelDescription With(string fields) =>
        Configs.Parse(Llama.Replace("{", "{" + fields + ", ", StringComparison.Ordinal));

    private sealed class EndlessStream : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)' ');
            return buffer.Length;
        }
    }
}
