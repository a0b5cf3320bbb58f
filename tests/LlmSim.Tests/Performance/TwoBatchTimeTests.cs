using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Halves of an iteration that compute and exchange tokens in turn.</summary>
public sealed class TwoBatchTimeTests
{
    private const int Layers = 10;

    private static readonly InstanceSpec s_overlaps = new()
    {
        Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H200"),
        TpSize = 1,
        ExpertParallel = 8,
        TwoBatchOverlap = true,
    };

    /// <summary>Layer by layer: one half is computed while the other one is under way, and whoever is longer is never idle.</summary>
    [Theory]
    [InlineData(3e-6, 1e-6)]
    [InlineData(1e-6, 3e-6)]
    [InlineData(2e-6, 2e-6)]
    public void A_prompt_takes_its_longer_part_twice_and_the_other_once_in_a_layer(
        double computeSeconds,
        double exchangeSeconds
    )
    {
        var time = TwoBatchTime.Of(s_overlaps, new Linear(computeSeconds, exchangeSeconds, perContext: 0));

        var found = time.Seconds(IterationBatch.OfPrompt(1000));

        Assert.Equal(Simulated(500 * computeSeconds, 500 * exchangeSeconds), found, 1e-12);
    }

    [Fact]
    public void A_token_alone_is_not_divided()
    {
        var whole = new Linear(1e-6, 3e-6, perContext: 1e-9);
        var batch = IterationBatch.OfDecode(new(1, 100, 100));

        Assert.Equal(whole.Seconds(batch), TwoBatchTime.Of(s_overlaps, whole).Seconds(batch));
        Assert.Equal(whole.Trend(batch), TwoBatchTime.Of(s_overlaps, whole).Trend(batch));
    }

    /// <summary>Contexts grow until computing takes longer than the exchange; what comes after is a trend of its own.</summary>
    [Theory]
    [InlineData(8, 1e-6, 3e-6)]
    [InlineData(7, 1e-6, 3e-6)]
    [InlineData(9, 3e-6, 1e-6)]
    [InlineData(2, 1e-6, 1.2e-6)]
    public void A_trend_is_what_each_iteration_takes(int requests, double compute, double exchange)
    {
        var time = TwoBatchTime.Of(s_overlaps, new Linear(compute, exchange, perContext: 1e-9));
        var batch = IterationBatch.OfDecode(new(requests, requests * 50, 60));
        var turns = 0;
        for (var i = 0; i < 20_000; )
        {
            var later = batch.After(i);
            var trend = time.Trend(later);
            Assert.True(trend.Iterations >= 1);
            foreach (
                var j in new[] { 0, trend.Iterations / 2, trend.Iterations - 1 }.Where(j => i + j < 100_000)
            )
            {
                Assert.Equal(time.Seconds(later.After(j)), trend.Seconds + (j * trend.GrowthSeconds), 1e-9);
            }

            turns++;
            i += Math.Min(trend.Iterations, 1_000_000);
        }

        Assert.InRange(turns, 1, 2);
        Assert.Equal(compute < exchange ? 2 : 1, turns);
    }

    /// <summary>DeepSeek-V3 over 8 ranks: long prompts gain at most the whole exchange, and the weights of small batches are read twice.</summary>
    [Fact]
    public void Long_prompts_gain_and_small_batches_lose()
    {
        var model = ModelCatalog.BuiltIn.Get("deepseek-ai/DeepSeek-V3");
        var precision = new PrecisionRequest { Format = "fp8" }.Resolve(model);
        var whole = new RooflineModel(model, precision, s_overlaps, Semantics.Standard);
        var halves = TwoBatchTime.Of(s_overlaps, whole);
        var prompt = IterationBatch.OfPrompt(16_384);
        var exchange =
            ((IExchangesTokens)whole).ExchangeLayers * ((IExchangesTokens)whole).ExchangeSeconds(16_384);

        Assert.InRange(
            halves.Seconds(prompt),
            whole.Seconds(prompt) - exchange,
            whole.Seconds(prompt) * 0.999
        );
        var few = IterationBatch.OfDecode(new(4, 4000, 1000));
        Assert.True(halves.Seconds(few) > whole.Seconds(few));
    }

    [Fact]
    public void Where_nothing_is_exchanged_or_not_told_it_is_refused()
    {
        var dense = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B");
        var alone = s_overlaps with { ExpertParallel = 1 };
        var error = Assert.Throws<UserErrorException>(() =>
            TwoBatchTime.Of(alone, new RooflineModel(dense, new Precision(), alone, Semantics.Standard))
        );
        Assert.StartsWith("two_batch_overlap: no tokens are exchanged", error.Message);

        var other = Assert.Throws<UserErrorException>(() => TwoBatchTime.Of(s_overlaps, new Untold()));
        Assert.Contains("allowed with --performance roofline, calibrated and kernels", other.Message);

        var plain = new Untold();
        Assert.Same(plain, TwoBatchTime.Of(alone with { TwoBatchOverlap = false }, plain));
    }

    /// <summary>Two halves, one processor and one link, all layers in turn: each half is computed, then exchanged, layer after layer.</summary>
    private static double Simulated(double compute, double exchange)
    {
        var (c, m) = (compute / Layers, exchange / Layers);
        double[] ready = [0, 0];
        var (processor, link) = (0.0, 0.0);
        for (var layer = 0; layer < Layers; layer++)
        {
            for (var half = 0; half < 2; half++)
            {
                processor = Math.Max(processor, ready[half]) + c;
                link = Math.Max(link, processor) + m;
                ready[half] = link;
            }
        }

        return Math.Max(processor, link);
    }

    /// <summary>So long a token for computing and for the exchange, in all layers together, and for each token of contexts.</summary>
    private sealed class Linear(double compute, double exchange, double perContext)
        : IPerformanceModel,
            IExchangesTokens
    {
        public int ExchangeLayers => Layers;

        public double ExchangeSeconds(double tokens) => tokens * exchange / Layers;

        public double Seconds(in IterationBatch batch) =>
            (batch.Tokens * (compute + exchange)) + (perContext * batch.DecodeComputedTokens);

        public DecodeTrend Trend(in IterationBatch batch) =>
            new(Seconds(batch), perContext * batch.DecodeRequests, int.MaxValue);
    }

    private sealed class Untold : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch) => 1;

        public DecodeTrend Trend(in IterationBatch batch) => new(1, 0, int.MaxValue);
    }
}
