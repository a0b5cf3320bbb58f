namespace LlmSim.Metrics;

/// <summary>What became of requests whose output has a grammar, on engines where that costs something.</summary>
/// <param name="Requests">Those that came to such an engine to be computed.</param>
/// <param name="Compilations">Grammars that were compiled.</param>
/// <param name="WaitSeconds">Seconds that these requests waited for their grammar, all together.</param>
public sealed record StructuredOutputUsage(long Requests, long Compilations, double WaitSeconds)
{
    /// <summary>Seconds that such a request waited for its grammar, on average; NaN without any.</summary>
    public double MeanWaitSeconds => WaitSeconds / Requests;
}
