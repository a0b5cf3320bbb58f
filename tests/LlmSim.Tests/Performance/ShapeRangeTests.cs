using System.Text.Json.Nodes;
using LlmSim.Performance;
using LlmSim.Tests.Architecture;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Sizes of models that no model has: an error that names the field, never a count that has overflowed.</summary>
public sealed class ShapeRangeTests
{
    [Theory]
    [InlineData("n_shared_experts", 1_000_000_000, "n_shared_experts: ")]
    [InlineData("num_attention_heads", 1_000_000_000, "num_attention_heads: ")]
    [InlineData("num_attention_heads", int.MaxValue, "num_attention_heads: ")]
    [InlineData("num_hidden_layers", 1_000_000_000, "num_hidden_layers: ")]
    [InlineData("qk_nope_head_dim", int.MaxValue, "qk_nope_head_dim: ")]
    [InlineData("v_head_dim", 1_000_000, "v_head_dim: ")]
    [InlineData("n_routed_experts", 1_000_000, "n_routed_experts: ")]
    [InlineData("vocab_size", int.MaxValue, "vocab_size: ")]
    [InlineData("kv_lora_rank", 10_000_001, "kv_lora_rank: ")]
    [InlineData("num_key_value_heads", -1, "num_key_value_heads: ")]
    public void A_size_out_of_its_range_is_named(string field, int size, string said)
    {
        var error = Assert.Throws<UserErrorException>(() => DeepSeek((field, size)));

        Assert.StartsWith($"config.json:{said}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_are_too_much_together_are_an_error()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            DeepSeek(
                ("hidden_size", 10_000_000),
                ("moe_intermediate_size", 10_000_000),
                ("n_routed_experts", 100_000)
            )
        );

        Assert.Equal(
            "config.json:hidden_size: with the other sizes it makes more than 1e15 parameters.",
            error.Message
        );
    }

    /// <summary>Over combinations of the ends of the ranges: a count that fits, or an error.</summary>
    [Fact]
    public void No_sizes_within_their_ranges_overflow()
    {
        string[] fields =
        [
            "hidden_size",
            "intermediate_size",
            "moe_intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "kv_lora_rank",
            "qk_rope_head_dim",
            "qk_nope_head_dim",
            "v_head_dim",
            "n_routed_experts",
            "n_shared_experts",
            "vocab_size",
        ];
        var counted = 0;
        for (var large = 0; large < 1 << fields.Length; large += 13)
        {
            var sizes = fields
                .Where((_, i) => (large >> i & 1) == 1)
                .Select(field => (field, Most(field)))
                .ToArray();
            try
            {
                var model = DeepSeek(sizes);
                counted++;
                Assert.InRange(model.Parameters, 1, 1_000_000_000_000_000);
                Assert.InRange(model.ExpertParameters, 0, model.Parameters);
                Assert.InRange(model.ActiveParameters, 1, model.Parameters);
                Assert.InRange(model.WeightBytes(new Precision()), model.Parameters, 4 * model.Parameters);
            }
            catch (UserErrorException)
            {
                // Said, which is as good.
            }
        }

        Assert.True(counted > 10, $"{counted} combinations were counted");

        static int Most(string field) =>
            field switch
            {
                "num_hidden_layers" or "num_attention_heads" => 10_000,
                "qk_rope_head_dim" or "qk_nope_head_dim" or "v_head_dim" or "n_routed_experts" => 100_000,
                _ => 10_000_000,
            };
    }

    private static ModelDescription DeepSeek(params (string Field, int Size)[] sizes)
    {
        var config = JsonNode.Parse(s_config)!;
        foreach (var (field, size) in sizes)
        {
            config[field] = size;
        }

        return Configs.Parse(config.ToJsonString());
    }

    private static readonly string s_config = File.ReadAllText(
        Path.Combine(Repository.Root, "catalog/models/deepseek-ai--DeepSeek-V2-Lite.json")
    );
}
