using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>How long its iterations take.</content>
internal sealed partial class BatchedInstance
{
    public override double PrefillSeconds(int promptTokens, int cachedTokens) =>
        IterationSeconds(IterationBatch.OfPrompt(promptTokens, cachedTokens));

    /// <summary>Seconds of an iteration of the instance on its own, with what it takes beside the computation.</summary>
    public double IterationSeconds(in IterationBatch batch) =>
        IterationSeconds(batch, batch.PrefillTokens > 0);

    /// <summary>Seconds of an iteration, with what it takes beside the computation when it holds a part of a prompt.</summary>
    public double IterationSeconds(in IterationBatch batch, bool hasPrompt) =>
        Performance.Seconds(batch)
        + batch.EncodeSeconds
        + (hasPrompt ? Spec.Engine!.PrefillIterationSeconds : 0);

    /// <summary>Times of iterations like this one, as far as they are known at once: one alone when the group has a part of a prompt, or this one a picture.</summary>
    public DecodeTrend IterationTrend(in IterationBatch batch, bool hasPrompt) =>
        WithLoads(
            (
                hasPrompt || batch.EncodeSeconds > 0
                    ? new(IterationSeconds(batch, hasPrompt), 0, 1)
                    : Performance.Trend(batch)
            ).Slowed(Slowdown)
        );

    /// <summary>How often the planned iteration can repeat itself, up to the limit.</summary>
    public int SteadyIterations(int limit) => _scheduler.SteadyIterations(_loadSeconds > 0 ? 1 : limit);

    /// <summary>Tokens that the layers are computed for in an iteration that only decodes so many.</summary>
    public int PaddedTokens(int decodeTokens) => _padding.Padded(decodeTokens);
}
