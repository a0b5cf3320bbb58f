using LlmSim.Kernel;

namespace LlmSim.Workloads;

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
        new(values.Number(name, Range, otherwise.Mean), values.Word($"{name}_dist", Kinds, otherwise.Kind));

    /// <summary>The names that <see cref="Parse" /> reads.</summary>
    public static string[] Names(string name) => [name, $"{name}_dist"];

    /// <summary>As it is given.</summary>
    public string Text(string name) => FormattableString.Invariant($"{name}={Mean},{name}_dist={Kind}");
}
