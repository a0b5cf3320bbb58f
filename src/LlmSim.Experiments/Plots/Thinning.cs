using System.Globalization;

namespace LlmSim.Experiments.Plots;

/// <summary>Keeps pictures small: at most so many points a series, evenly chosen, which the picture says.</summary>
internal static class Thinning
{
    public const int MaxPoints = 5_000;

    /// <summary>Every k-th item and the last, with the smallest k that leaves at most <see cref="MaxPoints" />.</summary>
    public static IReadOnlyList<T> Thin<T>(IReadOnlyList<T> items) => Thin(items, Step(items.Count));

    /// <summary>Every <paramref name="step" />-th item and the last: series that are compared get the step of the longest.</summary>
    public static IReadOnlyList<T> Thin<T>(IReadOnlyList<T> items, int step) =>
        step == 1 ? items : [.. items.Where((_, i) => i % step == 0 || i == items.Count - 1)];

    /// <summary>What to say below a picture of these series; null when nothing was left out.</summary>
    public static string? Note(string what, IEnumerable<int> counts)
    {
        var longest = counts.DefaultIfEmpty().Max();
        var step = Step(longest);
        return step == 1
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"every {Ordinal(step)} of up to {longest:N0} {what} a series is drawn"
            );
    }

    /// <summary>The k of so many items; one place is kept for the last of them.</summary>
    public static int Step(int count) =>
        count <= MaxPoints ? 1 : (int)Math.Ceiling(count / (MaxPoints - 1.0));

    private static string Ordinal(int number) =>
        number
        + (
            number % 100 is 11 or 12 or 13
                ? "th"
                : (number % 10) switch
                {
                    1 => "st",
                    2 => "nd",
                    3 => "rd",
                    _ => "th",
                }
        );
}
