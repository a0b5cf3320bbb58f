using System.Globalization;

namespace LlmSim.Experiments;

/// <summary>Times as they are written: 0.05, 0.05s or 50ms.</summary>
internal static class TimeText
{
    private const double MostSeconds = 1e6;

    private static readonly (string Unit, double Seconds)[] s_units = [("ms", 1e-3), ("us", 1e-6), ("s", 1)];

    /// <summary>Reads a time in seconds.</summary>
    /// <param name="option">The option that has it, for messages.</param>
    /// <param name="text">The time.</param>
    /// <exception cref="UserErrorException">It is none, below 0 or too long.</exception>
    public static double Seconds(string option, string text)
    {
        var (unit, factor) = Array.Find(s_units, one => text.EndsWith(one.Unit, StringComparison.Ordinal));
        var number = text[..^(unit?.Length ?? 0)];
        var isTime =
            double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value * (unit is null ? 1 : factor) is >= 0 and <= MostSeconds;
        return isTime
            ? value * (unit is null ? 1 : factor)
            : throw new UserErrorException(
                $"--{option}: found '{text}'; allowed: a time from 0 to 1000000 s, as 0.05 or 50ms"
            );
    }
}
