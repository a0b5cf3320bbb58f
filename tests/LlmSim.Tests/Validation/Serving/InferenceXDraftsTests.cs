using LlmSim.Experiments.Validation.Serving;
using Xunit;

namespace LlmSim.Tests.Validation.Serving;

/// <summary>How many tokens were drafted and accepted, from the gaps between messages.</summary>
public sealed class InferenceXDraftsTests
{
    [Theory]
    [InlineData("sglang", true, false, 27.5e-3, 11e-3, 3, 2.5)]
    [InlineData("sglang", false, false, 342e-3, 16e-3, 2, 2.1375)]
    [InlineData("trt", false, true, 375e-3, 21.2e-3, 1, 1.76887)]
    [InlineData("dynamo-trt", false, false, 0.87, 4e-3, 3, 2.175)]
    public void The_mean_acceptance_length_is_that_of_the_messages(
        string framework,
        bool isAmd,
        bool hasDataParallelAttention,
        double gapSeconds,
        double tpotSeconds,
        int drafts,
        double tokens
    )
    {
        var speculation = InferenceXDrafts.Of(
            framework,
            isAmd,
            hasDataParallelAttention,
            gapSeconds,
            tpotSeconds
        )!;

        Assert.Equal(drafts, speculation.DraftTokens);
        Assert.Equal(tokens, speculation.MeanTokensPerIteration, 4);
    }

    [Theory]
    [InlineData("sglang", 67e-3, 66.9e-3)]
    [InlineData("sglang", 1.4, 22.5e-3)]
    public void What_no_interval_explains_is_not_guessed(
        string framework,
        double gapSeconds,
        double tpotSeconds
    ) => Assert.Null(InferenceXDrafts.Of(framework, isAmd: false, false, gapSeconds, tpotSeconds));
}
