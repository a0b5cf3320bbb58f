using System.Globalization;

namespace LlmSim.Workloads.Traces;

/// <summary>In what the times of a trace are written.</summary>
internal enum TimeUnit
{
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,

    /// <summary>Date and time of ISO 8601.</summary>
    Iso,
}

/// <summary>Names and sizes of the units of time.</summary>
internal static class TimeUnits
{
    public const string IsoExample =
        "a time such as 2023-11-16 18:15:46.6805900 or 2024-05-10T00:00:00.5Z, of the years 1970 to 2199";

    /// <summary>Endings of names of fields that tell their unit.</summary>
    public static IReadOnlyList<(string Ending, TimeUnit Unit)> FieldEndings { get; } =
    [
        ("_ns", TimeUnit.Nanoseconds),
        ("_us", TimeUnit.Microseconds),
        ("_ms", TimeUnit.Milliseconds),
        ("_s", TimeUnit.Seconds),
        ("_sec", TimeUnit.Seconds),
        ("_secs", TimeUnit.Seconds),
        ("_seconds", TimeUnit.Seconds),
    ];

    /// <summary>As options and results name them, in the order of <see cref="TimeUnit" />.</summary>
    private static readonly string[] s_names = ["s", "ms", "us", "ns", "iso"];

    public static string Name(TimeUnit unit) => s_names[(int)unit];

    /// <summary>The unit of a name.</summary>
    /// <exception cref="UserErrorException">There is no such unit.</exception>
    public static TimeUnit Parse(string name)
    {
        var index = Array.IndexOf(s_names, name);
        return index >= 0
            ? (TimeUnit)index
            : throw new UserErrorException(
                $"time_unit: found '{name}'; allowed: {string.Join(", ", s_names)}.{Suggestion.For(name, s_names)}"
            );
    }

    /// <summary>Nanoseconds of a unit that numbers can have.</summary>
    public static long Nanoseconds(TimeUnit unit) =>
        unit switch
        {
            TimeUnit.Seconds => 1_000_000_000,
            TimeUnit.Milliseconds => 1_000_000,
            TimeUnit.Microseconds => 1_000,
            _ => 1,
        };

    /// <summary>What is allowed for a time in a unit.</summary>
    public static string Allowed(TimeUnit unit) =>
        unit == TimeUnit.Iso
            ? IsoExample
            : string.Create(
                CultureInfo.InvariantCulture,
                $"a number from 0 to 9.2e{18 - (int)Math.Log10(Nanoseconds(unit))} ({unit.ToString().ToLowerInvariant()})"
            );

    /// <summary>The unit that the name of a field ends with; null when it ends with none.</summary>
    public static TimeUnit? OfFieldName(string name) =>
        FieldEndings
            .Where(ending => name.EndsWith(ending.Ending, StringComparison.OrdinalIgnoreCase))
            .Select(ending => (TimeUnit?)ending.Unit)
            .FirstOrDefault();

    /// <summary>
    /// The unit in which a number is a time between 2008 and 2099, counted from 1970; null when there is none. The ranges do
    /// not meet.
    /// </summary>
    public static TimeUnit? OfEpoch(decimal number)
    {
        for (var unit = TimeUnit.Seconds; unit < TimeUnit.Iso; unit++)
        {
            var seconds = number / 1_000_000_000 * Nanoseconds(unit);
            if (seconds is >= 1.2e9m and < 4.1e9m)
            {
                return unit;
            }
        }

        return null;
    }
}
