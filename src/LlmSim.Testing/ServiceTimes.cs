using LlmSim.Performance;

namespace LlmSim.Testing;

/// <summary>
/// Times of a test's own choice. Service times are drawn by the workload: a prompt of n tokens beyond
/// <paramref name="freeTokens" /> takes n ticks, so exponential or fixed lengths give exponential or fixed services.
/// </summary>
/// <param name="secondsPerPromptToken">Length of a tick.</param>
/// <param name="secondsPerIteration">Time of a decode iteration, whatever the batch.</param>
/// <param name="freeTokens">Prompt tokens that cost nothing: they only take memory.</param>
public sealed class ServiceTimes(double secondsPerPromptToken, double secondsPerIteration, int freeTokens = 0)
    : IPerformanceModel
{
    /// <inheritdoc />
    public double Seconds(in IterationBatch batch) =>
        batch.PrefillRequests > 0
            ? (batch.PrefillTokens - freeTokens) * secondsPerPromptToken
            : secondsPerIteration;
}
