namespace LlmSim.Experiments.Reports;

/// <summary>From where to where an axis goes.</summary>
/// <param name="IsLogarithmic">Whether it is logarithmic.</param>
/// <param name="Min">Its low end.</param>
/// <param name="Max">Its high end, above the low one.</param>
internal readonly record struct AxisLimits(bool IsLogarithmic, double Min, double Max)
{
    /// <summary>Largest / smallest value from which on a linear axis would hide the small ones.</summary>
    private const double LogarithmicFromRatio = 10;

    private const double Margin = 0.04;

    /// <summary>The limits for values.</summary>
    public static AxisLimits Of(AxisKind kind, IEnumerable<double> values)
    {
        var (min, max) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            if (double.IsFinite(value))
            {
                (min, max) = (Math.Min(min, value), Math.Max(max, value));
            }
        }

        if (min > max)
        {
            (min, max) = (0, 1);
        }

        return kind switch
        {
            AxisKind.Logarithmic or AxisKind.Automatic when min > 0 && IsWide(kind, min, max) => Logarithmic(
                min,
                max
            ),
            AxisKind.Percent => new(false, Math.Clamp(10 * Math.Floor(min / 10), 0, 90), 100),
            AxisKind.Tight => new(false, min, max > min ? max : min + 1),
            AxisKind.Around => Around(min, max),
            _ => Linear(min, max),
        };
    }

    private static bool IsWide(AxisKind kind, double min, double max) =>
        kind == AxisKind.Logarithmic || max / min > LogarithmicFromRatio;

    private static AxisLimits Logarithmic(double min, double max)
    {
        var margin = Math.Pow(Math.Max(max / min, 2), Margin);
        return new(true, min / margin, max * margin);
    }

    private static AxisLimits Around(double min, double max)
    {
        var margin = 2 * Margin * (max > min ? max - min : Math.Max(1, Math.Abs(max)));
        return new(false, min - margin, max + margin);
    }

    private static AxisLimits Linear(double min, double max)
    {
        var (low, high) = (Math.Min(0, min), Math.Max(0, max));
        var length = high > low ? high - low : 1;
        return new(
            false,
            low < 0 ? low - (Margin * length) : 0,
            high > 0 || low == 0 ? low + (length * (1 + Margin)) : 0
        );
    }
}
