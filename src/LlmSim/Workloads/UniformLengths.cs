using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>Whole numbers of tokens from a share of the longest up to the longest, each as likely as the others.</summary>
internal sealed class UniformLengths : ILengthDistribution
{
    /// <summary>Share × length comes out of binary fractions: 0.1 · 30 is 3, not 4 when rounded up.</summary>
    private const int RoundedDigits = 9;

    private readonly int _shortest;
    private readonly int _longest;

    /// <summary>Uniform in [⌈rangeRatio · longest⌉, longest].</summary>
    /// <param name="name">What the author of the workload calls the longest length, for messages.</param>
    /// <param name="longestTokens">From 1 to 10,000,000.</param>
    /// <param name="rangeRatio">Above 0, at most 1; 1 is the one length.</param>
    /// <exception cref="UserErrorException">A parameter is outside its range.</exception>
    public UniformLengths(string name, int longestTokens, double rangeRatio)
    {
        WorkloadParameter.RequireTokens(name, longestTokens);
        WorkloadParameter.Require(FigureRanges.PositiveShare, "range_ratio", rangeRatio);
        _longest = longestTokens;
        _shortest = Math.Max(1, (int)Math.Ceiling(Math.Round(rangeRatio * longestTokens, RoundedDigits)));
    }

    /// <inheritdoc />
    public int Sample(RandomStream random) => random.Next(_shortest, _longest + 1);
}
