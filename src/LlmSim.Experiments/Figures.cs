using System.Globalization;

namespace LlmSim.Experiments;

/// <summary>Numbers as people read them; invariant formats.</summary>
internal static class Figures
{
    private const double SecondsPerHour = 3_600;
    private const double SecondsPerDay = 86_400;

    /// <summary>
    /// Four digits or all those before the point; powers of ten where there are too many zeros before or after it; "–" when not defined.
    /// </summary>
    public static string Number(double value)
    {
        var magnitude = Math.Abs(value);
        var format =
            magnitude >= 1e15 ? "0.000E+0"
            : magnitude >= 999.5 ? "N0"
            : magnitude >= 99.95 ? "F1"
            : magnitude >= 9.995 ? "F2"
            : magnitude >= 0.0005 || magnitude == 0 ? "F3"
            : "0.0E-0";
        return double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "–";
    }

    /// <summary>The same with a sign.</summary>
    public static string Signed(double value) => (value > 0 ? "+" : "") + Number(value);

    /// <summary>Two figures that something lies between.</summary>
    public static string Range(double low, double high) => $"{Number(low)} to {Number(high)}";

    /// <summary>Four significant digits, whatever the magnitude; "–" when not defined.</summary>
    public static string Significant(double value) =>
        double.IsFinite(value) ? value.ToString("G4", CultureInfo.InvariantCulture) : "–";

    /// <summary>A count with separators.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share from 0 to 1 in per cent.</summary>
    public static string Percent(double share) => Number(100 * share) + " %";

    /// <summary>The unit in which times up to a largest one read best, and how many of it a second has.</summary>
    public static (double PerSecond, string Name) TimeUnit(double largestSeconds) =>
        largestSeconds switch
        {
            0 => (1e3, "ms"),
            < 1e-6 => (1e9, "ns"),
            < 1e-3 => (1e6, "µs"),
            < 1 => (1e3, "ms"),
            // Five digits have their place in a table of 80 columns.
            >= 1e5 * SecondsPerHour => (1 / SecondsPerDay, "d"),
            >= 1e5 => (1 / SecondsPerHour, "h"),
            _ => (1, "s"),
        };

    /// <summary>Seconds in the unit that reads best: s, ms or µs.</summary>
    public static string Duration(double seconds) =>
        seconds >= 1 ? $"{Number(seconds)} s"
        : seconds >= 1e-3 ? $"{Number(seconds * 1e3)} ms"
        : $"{Number(seconds * 1e6)} µs";

    /// <summary>With a prefix of the SI: 12.34 T, 989.5 G, 27.65 M.</summary>
    public static string Si(double value)
    {
        ReadOnlySpan<string> prefixes = [" ", " k", " M", " G", " T", " P", " E"];
        var power = 0;
        while (Math.Abs(value) >= 999.95 && power < prefixes.Length - 1)
        {
            value /= 1000;
            power++;
        }

        return value.ToString("G4", CultureInfo.InvariantCulture) + prefixes[power];
    }
}
