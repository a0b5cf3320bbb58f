using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// Reads the times of one trace. Its unit is the one that was asked for; else the one that the field's name ends with; else, by
/// the first time, ISO 8601 or the unit in which it is a date of our days; else the format's own.
/// </summary>
internal sealed class TraceClock
{
    private readonly TraceFormat _format;

    /// <summary>Nanoseconds of the unit, once it is known.</summary>
    private long _nanoseconds;

    public TraceClock(TraceFormat format, string field, string? givenUnit)
    {
        _format = format;
        Unit = givenUnit is null ? TimeUnits.OfFieldName(field) : TimeUnits.Parse(givenUnit);
        IsCertain = Unit is not null;
        _nanoseconds = Unit is { } unit ? TimeUnits.Nanoseconds(unit) : 0;
    }

    /// <summary>The unit; null before the first time has told it.</summary>
    public TimeUnit? Unit { get; private set; }

    /// <summary>Whether the unit does not rest on the format's usual one alone.</summary>
    public bool IsCertain { get; private set; }

    public string Allowed =>
        Unit is { } unit
            ? TimeUnits.Allowed(unit)
            : $"{TimeUnits.Allowed(_format.Unit)}, or {TimeUnits.IsoExample}";

    /// <summary>Reads a time that was written as text.</summary>
    public bool TryRead(ReadOnlySpan<byte> text, out SimTime time)
    {
        if (Unit is null or TimeUnit.Iso && IsoTime.TryParse(text, out var nanoseconds))
        {
            Settle(TimeUnit.Iso, isCertain: true);
            time = new SimTime(nanoseconds);
            return true;
        }

        time = default;
        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && TryRead(number, out time);
    }

    /// <summary>Reads a time that was written as a whole number, as nearly all are.</summary>
    public bool TryRead(long number, out SimTime time)
    {
        if (Unit is null or TimeUnit.Iso || number < 0 || number > long.MaxValue / _nanoseconds)
        {
            return TryRead((decimal)number, out time);
        }

        time = new SimTime(number * _nanoseconds);
        return true;
    }

    /// <summary>
    /// Reads a time that was written as a number. Decimal, because a fraction should come out as the nanoseconds that were
    /// written.
    /// </summary>
    public bool TryRead(decimal number, out SimTime time)
    {
        time = default;
        if (number < 0 || Unit == TimeUnit.Iso)
        {
            return false;
        }

        if (Unit is null)
        {
            var epoch = TimeUnits.OfEpoch(number);
            Settle(epoch ?? _format.Unit, epoch is not null || _format.IsUnitCertain);
        }

        if (number > (decimal)long.MaxValue / _nanoseconds)
        {
            return false;
        }

        time = new SimTime((long)decimal.Round(number * _nanoseconds));
        return true;
    }

    private void Settle(TimeUnit unit, bool isCertain)
    {
        if (Unit is null)
        {
            (Unit, IsCertain) = (unit, isCertain);
            _nanoseconds = TimeUnits.Nanoseconds(unit);
        }
    }
}
