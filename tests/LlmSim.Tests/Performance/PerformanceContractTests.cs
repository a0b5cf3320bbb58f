using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class PerformanceContractTests
{
    private const string Times = "times are finite and more than 0";
    private const string Purity = "the same batch takes the same time, in any order and from a new model";
    private const string Trends = "a trend is the times of its iterations";

    [Fact]
    public void The_models_that_come_with_the_simulator_keep_it()
    {
        Assert.Empty(Broken(() => Scenes.Roofline(Semantics.Standard)));
        Assert.Empty(Broken(() => Scenes.Roofline(Semantics.Reference)));
        Assert.Empty(Broken(() => Scenes.Roofline(Semantics.Standard, fusedAttention: false)));
        Assert.Empty(Broken(() => Kernels("Qwen/Qwen3-8B")));
        Assert.Empty(Broken(() => Kernels("deepseek-ai/DeepSeek-V3")));
    }

    [Theory]
    [InlineData("openai/gpt-oss-20b")]
    [InlineData("google/gemma-3-12b-it")]
    [InlineData("Qwen/Qwen3.5-35B-A3B")]
    [InlineData("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16")]
    [InlineData("deepseek-ai/DeepSeek-V3.2")]
    [InlineData("MiniMaxAI/MiniMax-M3")]
    public void Models_whose_layers_differ_keep_it(string id)
    {
        Assert.Empty(Broken(() => Kernels(id)));
        Assert.Empty(
            Broken(() =>
                new RooflineModel(
                    ModelCatalog.BuiltIn.Get(id),
                    new Precision(),
                    Scenes.Instance("NVIDIA_H100_SXM", 1),
                    Semantics.Standard
                )
            )
        );
    }

    [Fact]
    public void Each_clause_fails_for_a_model_that_breaks_it_and_says_for_which_batch()
    {
        Assert.Equal([Times], Broken(() => new Model(batch => batch.PrefillTokens == 1 ? 0 : 1)));
        Assert.Equal(
            [Times, Trends],
            Broken(() => new Model(batch => batch.GroupTokens > 0 ? double.PositiveInfinity : 1))
        );
        var asked = 0;
        Assert.Equal([Purity, Trends], Broken(() => new Model(_ => 1 + asked++)));
        Assert.Equal([Trends], Broken(() => new Model(Linear, growth: 1)));
        Assert.Equal([Trends], Broken(() => new Model(Linear, growth: 0.5, iterations: 0)));
        Assert.Empty(Broken(() => new Model(Linear, growth: 0.5)));

        var failure = PerformanceContract
            .Check(() => new Model(batch => batch.PrefillTokens - 1))
            .First()
            .Failure;
        Assert.Equal(
            "a batch of PrefillRequests 1, PrefillTokens 1, PrefillAttentionPairs 1 takes 0 s",
            failure
        );

        static double Linear(IterationBatch batch) => 1 + (0.5 * batch.DecodeComputedTokensMax);
    }

    [Theory]
    [InlineData(double.NaN, "Seconds gave NaN s; finite numbers from 0 are allowed")]
    [InlineData(-1, "Seconds gave -1 s; finite numbers from 0 are allowed")]
    [InlineData(double.PositiveInfinity, "Seconds gave Infinity s; finite numbers from 0 are allowed")]
    public void A_checked_model_lets_nothing_pass_that_is_no_time(double seconds, string message)
    {
        var model = new CheckedModel("x", new Model(_ => seconds));

        var error = Assert.Throws<UserErrorException>(() => model.Seconds(IterationBatch.OfPrompt(3)));
        Assert.Equal(
            $"performance model x: for a batch of PrefillRequests 1, PrefillTokens 3, PrefillAttentionPairs 6, {message}",
            error.Message
        );
    }

    [Theory]
    [InlineData(1, 0.0, 0, "Trend holds for 0 iterations; at least 1 is allowed")]
    [InlineData(double.NaN, 0.0, 5, "Trend gave NaN s")]
    [InlineData(1, double.NaN, 5, "growing by NaN s over 5 iterations: the last takes NaN s")]
    [InlineData(1, -0.5, 5, "growing by -0.5 s over 5 iterations: the last takes -1 s")]
    public void A_checked_model_lets_no_trend_pass_that_leaves_the_times(
        double seconds,
        double growth,
        int iterations,
        string message
    )
    {
        var model = new CheckedModel("x", new Model(_ => seconds, growth, iterations));

        var error = Assert.Throws<UserErrorException>(() => model.Trend(new DecodeBatch(2, 20, 12)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checked_model_that_counts_what_lies_beyond_its_measurements_is_asked_for_it()
    {
        var range = PerformanceRange.Of([
            new CheckedModel("x", new Counting()),
            new CheckedModel("y", new Model(_ => 1)),
        ]);

        Assert.Equal((7, 3), (range!.Iterations, range.IterationsOutOfRange));
    }

    private static KernelModel Kernels(string id) =>
        new(
            KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!,
            ModelCatalog.BuiltIn.Get(id),
            new Precision(),
            Scenes.Instance("NVIDIA_H100_SXM", 8),
            Semantics.Standard
        );

    private static string[] Broken(Func<IPerformanceModel> create) =>
        [
            .. PerformanceContract
                .Check(create)
                .Where(check => check.Failure is not null)
                .Select(check => check.Clause),
        ];

    private sealed class Model(
        Func<IterationBatch, double> seconds,
        double? growth = null,
        int iterations = 100
    ) : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch) => seconds(batch);

        public DecodeTrend Trend(in IterationBatch batch) =>
            growth is null
                ? new(Seconds(batch), 0, 1)
                : new(Seconds(batch), growth.Value * PerRequest(batch), iterations);

        private static double PerRequest(in IterationBatch batch) =>
            1 + (batch.AcceptedDraftTokens / batch.DecodeRequests);
    }

    private sealed class Counting : IPerformanceModel, IRangeReporting
    {
        public long Iterations => 7;

        public long IterationsOutOfRange => 3;

        public IReadOnlyDictionary<string, long> OutOfRange =>
            new Dictionary<string, long>(StringComparer.Ordinal);

        public double Seconds(in IterationBatch batch) => 1;
    }
}
