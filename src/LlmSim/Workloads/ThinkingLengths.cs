using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Has requests think before they answer: so many tokens come before those of their output, lognormal, and cut to a budget. They are drawn from the stream <c>thinking</c> of
/// the seed.
/// </summary>
internal sealed class ThinkingLengths
{
    private readonly LognormalLengths _lengths;

    /// <summary>Lengths of thought.</summary>
    /// <param name="meanTokens">Mean before it is cut, above 0 and up to 10,000,000.</param>
    /// <param name="sigma">Deviation of the logarithm, from 0 to 10.</param>
    /// <param name="budget">Most tokens of thought, at least 1; null for no limit but that of outputs.</param>
    /// <exception cref="UserErrorException">One of them is not allowed.</exception>
    public ThinkingLengths(double meanTokens, double sigma, int? budget)
    {
        WorkloadParameter.Require(FigureRanges.MeanTokens, "thinking_mean", meanTokens);
        WorkloadParameter.Require(LognormalLengths.DeviationRange, "thinking_sigma", sigma);
        if (budget is { } tokens)
        {
            WorkloadParameter.Require(BudgetRange, "thinking_budget", tokens);
        }

        _lengths = LognormalLengths.WithMean(meanTokens, sigma, budget ?? SyntheticWorkload.DefaultMaxTokens);
    }

    /// <summary>Most tokens of thought.</summary>
    public static FigureRange BudgetRange { get; } = new(1, WorkloadParameter.MaxTokensLimit);

    /// <summary>The same requests, which think before.</summary>
    public IEnumerable<RequestSpec> Apply(IEnumerable<RequestSpec> requests, long seed)
    {
        var random = new RandomStream(seed, "thinking");
        foreach (var request in requests)
        {
            var tokens = _lengths.Sample(random);
            yield return request with
            {
                OutputTokens = request.OutputTokens + tokens,
                Traits = (request.Traits ?? new()) with { ThinkingTokens = tokens },
            };
        }
    }
}
