using LlmSim.Performance;
using LlmSim.Performance.Measured;

namespace LlmSim.Tests.Performance;

/// <summary>A measured profile of a toy model, with times that a test can work out by hand.</summary>
internal static class ToyProfile
{
    public static ModelDescription Dense { get; } =
        new()
        {
            Id = "toy",
            Family = ModelFamily.Llama,
            HiddenSize = 64,
            IntermediateSize = 128,
            Layers = 3,
            Attention = new()
            {
                Layers = 3,
                Heads = 4,
                KvHeads = 4,
                HeadSize = 16,
                ValueHeadSize = 16,
            },
            VocabularySize = 100,
            MaxContextTokens = 1000,
            TiedEmbeddings = false,
            Parameters = 1000,
        };

    public static ModelDescription WithExperts { get; } =
        Dense with
        {
            MixtureOfExperts = new()
            {
                Experts = 8,
                ExpertsPerToken = 2,
                ExpertIntermediateSize = 32,
            },
        };

    public static MeasuredModel Model(ModelDescription model, MeasuredProfile? profile = null) =>
        new(profile ?? Profile(), model, new Precision(), Scenes.Instance("NVIDIA_H100_SXM", 1));

    /// <summary>A model whose decode iterations take milliseconds that grow with the contexts.</summary>
    public static MeasuredModel InMilliseconds()
    {
        var attention = new AttentionTable([
            .. from requests in new[] { 0, 100 }
            from context in new[] { 0, 1000 }
            select new AttentionPoint(0, 0, requests, context, 1e-5 * requests * (1 + (context / 1000.0))),
        ]);
        var shard = Shard(1e-13) with { Attention = attention };
        return Model(Dense, Profile() with { Shards = new Dictionary<int, MeasuredShard> { [1] = shard } });
    }

    /// <summary>One second a token and a constant for each layer; half of all that at tp 2.</summary>
    public static MeasuredProfile Profile() =>
        new()
        {
            SourceName = "toy",
            Model = "toy",
            Hardware = "H100_SXM",
            Variant = "bf16",
            Shards = new Dictionary<int, MeasuredShard> { [1] = Shard(1), [2] = Shard(0.5) },
            // 1000 s a token and 1e6 s an expert.
            Experts = new([
                new(1, 1, 1e3 + 1e6),
                new(9, 1, 9e3 + 1e6),
                new(1, 5, 1e3 + 5e6),
                new(9, 5, 9e3 + 5e6),
            ]),
        };

    public static MeasuredShard Shard(double scale)
    {
        Curve Line(double constant) => new([new(0, scale * constant), new(100, scale * (100 + constant))]);
        return new()
        {
            Dense = new Dictionary<string, Curve>
            {
                ["embedding"] = Line(1e1),
                ["layernorm"] = Line(2e2),
                ["qkv_proj"] = Line(3e3),
                ["qk_norm"] = Line(4e4),
                ["rotary_emb"] = Line(5e5),
                ["o_proj"] = Line(1e6),
                ["gate_up_proj"] = Line(6e6),
                ["act_fn"] = Line(7e7),
                ["down_proj"] = Line(8e8),
                ["final_layernorm"] = Line(9e9),
            },
            PerSequence = new Dictionary<string, Curve>
            {
                ["lm_head"] = Line(1e10),
                ["sampler"] = Line(2e10),
            },
            Attention = new([
                .. from prefill in new[] { 0, 1000 }
                from computed in new[] { 0, 1000 }
                from requests in new[] { 0, 100 }
                from context in new[] { 0, 1000 }
                select new AttentionPoint(
                    prefill,
                    computed,
                    requests,
                    context,
                    scale * (prefill + 0.1 * computed + 10 * requests + 0.01 * context)
                ),
            ]),
        };
    }
}
