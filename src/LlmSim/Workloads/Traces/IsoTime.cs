namespace LlmSim.Workloads.Traces;

/// <summary>
/// Date and time of ISO 8601 and what tools make of it: T or a space between them, a fraction of any length, Z, an offset such as
/// +01:00, +0100 or +01, or none, which is UTC. All in whole numbers, so that every nanosecond comes out as written.
/// </summary>
internal static class IsoTime
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds since 1970; digits beyond nanoseconds are cut off. False for any other text.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long nanoseconds)
    {
        nanoseconds = 0;
        var (year, month, day, hour, minute, second) = (0, 0, 0, 0, 0, 0);
        if (
            !TakeDigits(ref text, 4, out year)
            || !Take(ref text, "-"u8)
            || !TakeDigits(ref text, 2, out month)
            || !Take(ref text, "-"u8)
            || !TakeDigits(ref text, 2, out day)
            || !Take(ref text, "Tt "u8)
            || !TakeDigits(ref text, 2, out hour)
            || !Take(ref text, ":"u8)
            || !TakeDigits(ref text, 2, out minute)
            || (Take(ref text, ":"u8) && !TakeDigits(ref text, 2, out second))
        )
        {
            return false;
        }

        var fraction = 0L;
        if (
            (Take(ref text, ".,"u8) && !TakeFraction(ref text, out fraction))
            || !TakeOffset(text, out var offsetMinutes)
            || year is < 1970 or >= 2200
            || month is < 1 or > 12
            || day < 1
            || day > DateTime.DaysInMonth(year, month)
            || hour > 23
            || minute > 59
            || second > 59
        )
        {
            return false;
        }

        var days =
            (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks
            / TimeSpan.TicksPerDay;
        var seconds = (days * 86_400) + (hour * 3600) + ((minute - offsetMinutes) * 60) + second;
        nanoseconds = (seconds * NanosecondsPerSecond) + fraction;
        return nanoseconds >= 0;
    }

    private static bool TakeFraction(ref ReadOnlySpan<byte> text, out long nanoseconds)
    {
        nanoseconds = 0;
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? text.Length : digits;
        for (var i = 0; i < 9; i++)
        {
            nanoseconds = (nanoseconds * 10) + (i < digits ? text[i] - '0' : 0);
        }

        text = text[digits..];
        return digits > 0;
    }

    private static bool TakeOffset(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        text = text.TrimStart((byte)' ');
        if (
            text.IsEmpty
            || text.SequenceEqual("Z"u8)
            || text.SequenceEqual("z"u8)
            || text.SequenceEqual("UTC"u8)
        )
        {
            return true;
        }

        var isNegative = text[0] == '-';
        if (!Take(ref text, "+-"u8) || !TakeDigits(ref text, 2, out var hours))
        {
            return false;
        }

        _ = Take(ref text, ":"u8);
        var rest = 0;
        if ((!text.IsEmpty && !TakeDigits(ref text, 2, out rest)) || !text.IsEmpty || hours > 14 || rest > 59)
        {
            return false;
        }

        minutes = ((hours * 60) + rest) * (isNegative ? -1 : 1);
        return true;
    }

    private static bool TakeDigits(ref ReadOnlySpan<byte> text, int count, out int value)
    {
        value = 0;
        if (text.Length < count)
        {
            return false;
        }

        foreach (var digit in text[..count])
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            value = (value * 10) + digit - '0';
        }

        text = text[count..];
        return true;
    }

    private static bool Take(ref ReadOnlySpan<byte> text, ReadOnlySpan<byte> anyOf)
    {
        if (text.IsEmpty || !anyOf.Contains(text[0]))
        {
            return false;
        }

        text = text[1..];
        return true;
    }
}
