using LlmSim.Performance;

namespace LlmSim.Tests;

/// <summary>Short forms of the two questions that tests ask a performance model most.</summary>
internal static class PerformanceQuestions
{
    /// <summary>Seconds of a whole prompt alone.</summary>
    public static double PrefillSeconds(this IPerformanceModel model, int promptTokens) =>
        model.Seconds(IterationBatch.OfPrompt(promptTokens));

    /// <summary>Seconds of an iteration of decoding requests alone.</summary>
    public static double DecodeSeconds(this IPerformanceModel model, DecodeBatch batch) =>
        model.Seconds(IterationBatch.OfDecode(batch));

    /// <summary>How iterations of decoding requests go on.</summary>
    public static DecodeTrend Trend(this IPerformanceModel model, DecodeBatch batch) =>
        model.Trend(IterationBatch.OfDecode(batch));
}
