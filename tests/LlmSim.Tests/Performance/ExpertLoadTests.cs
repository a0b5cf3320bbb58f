using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class ExpertLoadTests
{
    private const string Qwen = "Qwen/Qwen3-30B-A3B";

    private static readonly MixtureOfExperts s_experts = new()
    {
        Experts = 64,
        ExpertsPerToken = 8,
        ExpertIntermediateSize = 768,
    };

    [Theory]
    [InlineData("zipf:0.5")]
    [InlineData("zipf:1.2")]
    [InlineData("zipf:3")]
    public void Chances_of_zipf_are_those_of_draws_without_replacement(string skew)
    {
        const int Draws = 20_000;
        var exponent = double.Parse(
            skew["zipf:".Length..],
            System.Globalization.CultureInfo.InvariantCulture
        );
        var counts = new int[s_experts.Experts];
        var random = new Random(5);
        for (var draw = 0; draw < Draws; draw++)
        {
            foreach (var expert in Chosen(random, i => Math.Pow(i + 1, -exponent)))
            {
                counts[expert]++;
            }
        }

        var chances = ExpertSkew.Parse(skew).Chances(s_experts, 1)[0];
        Assert.Equal(s_experts.ExpertsPerToken, chances.Sum(), 1e-9);
        for (var i = 0; i < chances.Length; i++)
        {
            Assert.Equal((double)counts[i] / Draws, chances[i], 0.03);
        }
    }

    [Theory]
    [InlineData(4, 16)]
    [InlineData(8, 64)]
    [InlineData(16, 512)]
    public void The_fullest_rank_is_the_mean_of_the_fullest_of_tokens_drawn_at_random(int ranks, int tokens)
    {
        const int Trials = 400;
        var random = new Random(7);
        var (rows, met) = (0.0, 0.0);
        var each = s_experts.Experts / ranks;
        for (var trial = 0; trial < Trials; trial++)
        {
            var counts = new int[s_experts.Experts];
            for (var token = 0; token < tokens; token++)
            {
                foreach (var expert in Chosen(random, _ => 1))
                {
                    counts[expert]++;
                }
            }

            rows += counts.Chunk(each).Max(rank => rank.Sum());
            met += counts.Chunk(each).Max(rank => rank.Count(count => count > 0));
        }

        var fullest = new ExpertLoad(s_experts, ExpertSkew.Uniform, ranks).At(tokens);
        Assert.InRange(fullest.Rows / (rows / Trials), 0.97, 1.03);
        Assert.InRange(fullest.Experts / (met / Trials), 0.97, 1.03);
    }

    [Fact]
    public void With_many_tokens_the_fullest_rank_is_the_one_with_most_load()
    {
        var two = s_experts with { Experts = 2, ExpertsPerToken = 1 };

        var fullest = new ExpertLoad(two, ExpertSkew.Parse("[1, 3]"), 2).At(1 << 20);

        Assert.Equal(0.75 * (1 << 20), fullest.Rows, 1);
        Assert.Equal(1, fullest.Experts, 1e-9);
    }

    [Fact]
    public void More_skew_gives_the_fullest_rank_more_rows_and_all_of_them_fewer_experts()
    {
        string[] skews = ["balanced", "uniform", "zipf:0.3", "zipf:0.6", "zipf:1.2", "zipf:2", "zipf:4"];
        foreach (var tokens in new[] { 4, 64, 1000 })
        {
            var rows = skews.Select(skew =>
                new ExpertLoad(s_experts, ExpertSkew.Parse(skew), 8).At(tokens).Rows
            );
            var met = skews.Select(skew =>
                new ExpertLoad(s_experts, ExpertSkew.Parse(skew), 1).At(tokens).Experts
            );
            Assert.Equal(rows.Order(), rows);
            Assert.All(met.Zip(met.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1e-9));
            Assert.InRange(rows.Last(), 1.5 * rows.First(), 8 * rows.First());
        }
    }

    [Fact]
    public void A_long_prompt_is_never_faster_with_more_skew()
    {
        string[] skews = ["balanced", "uniform", "zipf:0.5", "zipf:1.2", "zipf:2"];
        var seconds = skews.Select(skew => Roofline(skew, 8).PrefillSeconds(4096)).ToArray();

        Assert.Equal(seconds.Order(), seconds);
        Assert.True(seconds[^1] > 1.1 * seconds[0]);
    }

    [Fact]
    public void What_the_times_have_is_what_they_have_without_the_option()
    {
        foreach (var tokens in new[] { 1, 17, 5000 })
        {
            Assert.Equal(
                Roofline(null, 8).PrefillSeconds(tokens),
                Roofline("balanced", 8).PrefillSeconds(tokens)
            );
            Assert.Equal(
                Kernels(null, 8).PrefillSeconds(tokens),
                Kernels("power_law", 8).PrefillSeconds(tokens)
            );
        }
    }

    [Fact]
    public void Kernels_take_longer_with_more_skew_and_less_when_balanced()
    {
        var seconds = new[] { "balanced", null, "zipf:2" }
            .Select(skew => Kernels(skew, 8).PrefillSeconds(4096))
            .ToArray();

        Assert.Equal(seconds.Order(), seconds);
        Assert.True(seconds[2] > 1.05 * seconds[1]);
    }

    [Fact]
    public void Replicas_go_to_the_heaviest_and_ranks_are_balanced()
    {
        var ranks = ExpertPlacement.Balanced([0.6, 0.2, 0.2, 0.2], 2, 2);

        Assert.All(ranks, rank => Assert.Equal([0.2, 0.2, 0.2], rank.Select(slot => Math.Round(slot, 12))));
    }

    [Theory]
    [InlineData("zipf:0.7")]
    [InlineData("zipf:1.2")]
    [InlineData("uniform")]
    public void Replicas_keep_the_load_and_the_more_there_are_the_nearer_it_is_to_balance(string skew)
    {
        const int Tokens = 100_000;
        var chances = ExpertSkew.Parse(skew).Chances(s_experts, Tokens)[0];
        foreach (var redundant in new[] { 8, 16, 64, 7 * 64 })
        {
            var ranks = ExpertPlacement.Balanced(chances, 8, redundant);
            Assert.All(ranks, rank => Assert.Equal((64 + redundant) / 8, rank.Length));
            Assert.Equal(8, ranks.Sum(rank => rank.Sum()), 1e-9);
        }

        var balance = new[] { 0, 8, 16, 64, 7 * 64 }
            .Select(redundant =>
                new ExpertLoad(s_experts, ExpertSkew.Parse(skew), 8, redundant).Balancedness(Tokens)
            )
            .ToArray();
        Assert.True(balance[0] <= balance[1] + 0.001);
        Assert.InRange(balance[^1], 0.98, 1);
    }

    [Fact]
    public void Replicas_shorten_a_skewed_prompt_and_take_memory()
    {
        var model = ModelCatalog.BuiltIn.Get(Qwen);
        Assert.True(
            Roofline("zipf:1.2", 8, 16).PrefillSeconds(32_768)
                < 0.95 * Roofline("zipf:1.2", 8).PrefillSeconds(32_768)
        );
        Assert.Equal(
            Roofline(null, 8).PrefillSeconds(32_768),
            Roofline(null, 8, 16).PrefillSeconds(32_768),
            1e-9
        );

        var less = Capacity(0) - Capacity(16);
        Assert.Equal(2.0 * model.ExpertParameters / 8 * 16 / 128, less, 1.0);

        long Capacity(int redundant) =>
            KvCapacity.Bytes(model, new Precision(), Instance(null, 8, redundant), Semantics.Standard);
    }

    [Theory]
    [InlineData(
        "[1, 2, 3]",
        8,
        0,
        "expert_skew: found 3 loads for the 128 experts of Qwen/Qwen3-30B-A3B; allowed: 128"
    )]
    [InlineData(null, 1, 8, "redundant_experts: found 8 with expert_parallel 1; allowed there: 0")]
    [InlineData(
        null,
        8,
        7,
        "redundant_experts: found 7 beside the 128 experts of Qwen/Qwen3-30B-A3B for expert_parallel 8; allowed: up to 896"
    )]
    [InlineData(null, 8, 904, "redundant_experts: found 904 beside")]
    public void What_does_not_go_together_is_refused(string? skew, int ranks, int redundant, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => Roofline(skew, ranks, redundant));

        Assert.StartsWith(expected, error.Message);
    }

    /// <summary>Experts of one token: the clocks that ring first.</summary>
    private static IEnumerable<int> Chosen(Random random, Func<int, double> popularity) =>
        Enumerable
            .Range(0, s_experts.Experts)
            .Select(i => (Expert: i, Rings: -Math.Log(1 - random.NextDouble()) / popularity(i)))
            .OrderBy(one => one.Rings)
            .Take(s_experts.ExpertsPerToken)
            .Select(one => one.Expert);

    private static InstanceSpec Instance(string? skew, int ranks, int redundant) =>
        Scenes.Instance("NVIDIA_H100_SXM", 1) with
        {
            ExpertParallel = ranks,
            ExpertSkew = skew,
            RedundantExperts = redundant,
        };

    private static RooflineModel Roofline(string? skew, int ranks, int redundant = 0) =>
        new(
            ModelCatalog.BuiltIn.Get(Qwen),
            new Precision(),
            Instance(skew, ranks, redundant),
            Semantics.Standard
        );

    private static KernelModel Kernels(string? skew, int ranks) =>
        new(
            KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!,
            ModelCatalog.BuiltIn.Get(Qwen),
            new Precision(),
            Instance(skew, ranks, 0),
            Semantics.Standard
        );
}
