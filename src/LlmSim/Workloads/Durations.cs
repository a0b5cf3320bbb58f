using LlmSim.Kernel;
using MathNet.Numerics.Distributions;

namespace LlmSim.Workloads;

/// <summary>Pauses of a mean: exponential, lognormal or always the same.</summary>
/// <param name="MeanSeconds">Their mean, at least 0.</param>
/// <param name="Kind">One of <see cref="Kinds" />.</param>
/// <param name="Sigma">Lognormal: standard deviation of the logarithm.</param>
internal readonly record struct Durations(double MeanSeconds, string Kind, double Sigma)
{
    /// <summary>Of a mean.</summary>
    public static FigureRange Range { get; } = new(0, 1e7, "s");

    /// <summary>The longest pause that is drawn, well below the longest of a conversation.</summary>
    private const double MostSeconds = 1e8;

    public const string Exponential = "exponential";
    public const string Lognormal = "lognormal";
    public const string Fixed = "fixed";

    public static IReadOnlyList<string> Kinds { get; } = [Exponential, Lognormal, Fixed];

    /// <summary>A pause in seconds.</summary>
    public double Sample(RandomStream random) =>
        MeanSeconds == 0
            ? 0
            : Math.Min(
                MostSeconds,
                Kind switch
                {
                    Exponential => random.NextExponential(1 / MeanSeconds),
                    Lognormal => Math.Exp(
                        Normal.Sample(random, Math.Log(MeanSeconds) - (Sigma * Sigma / 2), Sigma)
                    ),
                    _ => MeanSeconds,
                }
            );

    /// <summary>Reads NAME, NAME_dist and NAME_sigma.</summary>
    public static Durations Parse(NamedValues values, string name, Durations otherwise) =>
        new(
            values.Seconds(name, Range, otherwise.MeanSeconds),
            values.Word($"{name}_dist", Kinds, otherwise.Kind),
            values.Number($"{name}_sigma", LognormalLengths.DeviationRange, otherwise.Sigma)
        );

    /// <summary>The names that <see cref="Parse" /> reads.</summary>
    public static string[] Names(string name) => [name, $"{name}_dist", $"{name}_sigma"];

    /// <summary>As it is given.</summary>
    public string Text(string name) =>
        FormattableString.Invariant($"{name}={MeanSeconds}s,{name}_dist={Kind}")
        + (Kind == Lognormal ? FormattableString.Invariant($",{name}_sigma={Sigma}") : "");
}

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

/// <summary>How often something happens, at least once: geometric, or always the same.</summary>
/// <param name="Mean">The mean, at least 1.</param>
/// <param name="Kind">One of <see cref="Kinds" />.</param>
internal readonly record struct Counts(double Mean, string Kind)
{
    public const string Geometric = "geometric";
    public const string Fixed = "fixed";

    /// <summary>Of a mean.</summary>
    public static FigureRange Range { get; } = new(1, 1000);

    public static IReadOnlyList<string> Kinds { get; } = [Geometric, Fixed];

    /// <summary>A number of times; a mean between two whole numbers takes either.</summary>
    public int Sample(RandomStream random)
    {
        var drawn = random.NextDouble();
        if (Kind == Fixed)
        {
            var whole = Math.Floor(Mean);
            return (int)whole + (drawn < Mean - whole ? 1 : 0);
        }

        return Mean == 1 ? 1 : 1 + (int)(Math.Log(1 - drawn) / Math.Log(1 - (1 / Mean)));
    }

    /// <summary>Reads NAME and NAME_dist.</summary>
    public static Counts Parse(NamedValues values, string name, Counts otherwise) =>
        new(
            values.Number(name, Range, otherwise.Mean),
            values.Word($"{name}_dist", Kinds, otherwise.Kind)
        );

    /// <summary>The names that <see cref="Parse" /> reads.</summary>
    public static string[] Names(string name) => [name, $"{name}_dist"];

    /// <summary>As it is given.</summary>
    public string Text(string name) => FormattableString.Invariant($"{name}={Mean},{name}_dist={Kind}");
}
