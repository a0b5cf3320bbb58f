using LlmSim.Kernel;
using MathNet.Numerics.Distributions;

namespace LlmSim.Workloads;

/// <summary>Pauses of a mean: exponential, lognormal or always the same.</summary>
/// <param name="MeanSeconds">Their mean, at least 0.</param>
/// <param name="Kind">One of <see cref="Kinds" />.</param>
/// <param name="Sigma">Lognormal: standard deviation of the logarithm.</param>
internal readonly record struct Pauses(double MeanSeconds, string Kind, double Sigma)
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
    public static Pauses Parse(NamedValues values, string name, Pauses otherwise) =>
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
