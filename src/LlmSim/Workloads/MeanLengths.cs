using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>Lognormal lengths of a mean.</summary>
/// <param name="MeanTokens">Their mean, above 0.</param>
/// <param name="Sigma">Standard deviation of the logarithm; 0 for lengths that are all the same.</param>
internal readonly record struct MeanLengths(double MeanTokens, double Sigma)
{
    /// <summary>A length of at least 1.</summary>
    public int Sample(RandomStream random, int most) =>
        LognormalLengths
            .WithMean(MeanTokens, Sigma, Math.Clamp(most, 1, WorkloadParameter.MaxTokensLimit))
            .Sample(random);

    /// <summary>Reads NAME and NAME_sigma.</summary>
    public static MeanLengths Parse(NamedValues values, string name, MeanLengths otherwise) =>
        new(
            values.Number(name, FigureRanges.MeanTokens, otherwise.MeanTokens),
            values.Number($"{name}_sigma", LognormalLengths.DeviationRange, otherwise.Sigma)
        );

    /// <summary>The names that <see cref="Parse" /> reads.</summary>
    public static string[] Names(string name) => [name, $"{name}_sigma"];

    /// <summary>As it is given.</summary>
    public string Text(string name) =>
        FormattableString.Invariant($"{name}={MeanTokens},{name}_sigma={Sigma}");
}
