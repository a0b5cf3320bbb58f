using System.Globalization;
using ScottPlot;
using ScottPlot.TickGenerators;

namespace LlmSim.Experiments.Plots;

/// <summary>Linear from zero, or logarithmic where all values are positive and span decades.</summary>
internal sealed class AxisScale
{
    /// <summary>Largest / smallest value from which on a linear axis would hide the small ones.</summary>
    private const double LogarithmicFromRatio = 10;

    private const double Margin = 0.03;
    private const double TickDensity = 0.6;

    /// <summary>Up to so many decades, 2 and 5 have labels as well as 1.</summary>
    private const double DecadesWithAllLabels = 2.2;

    private readonly bool _isLogarithmic;
    private readonly double _low;
    private readonly double _high;

    private AxisScale(bool isLogarithmic, double min, double max)
    {
        _isLogarithmic = isLogarithmic;
        _low = Map(min);
        _high = Map(max);
        if (_high <= _low)
        {
            _high = _low + (isLogarithmic ? 1 : Math.Max(1, Math.Abs(_low)));
        }
    }

    private double Padding => (_high - _low) * Margin;

    public static AxisScale For(IEnumerable<double> values)
    {
        var (min, max) = Range(values);
        return min > 0 && max / min > LogarithmicFromRatio ? new(true, min, max) : new(false, 0, max);
    }

    /// <summary>Logarithmic, whatever the values span; they are above 0.</summary>
    public static AxisScale Logarithmic(IEnumerable<double> values)
    {
        var (min, max) = Range(values);
        return new AxisScale(true, min, max);
    }

    /// <summary>From zero, or lower where values are negative.</summary>
    public static AxisScale Linear(IEnumerable<double> values)
    {
        var (min, max) = Range(values);
        return new AxisScale(false, Math.Min(0, min), max);
    }

    /// <summary>Linear over the values alone, where zero says nothing.</summary>
    public static AxisScale Tight(IEnumerable<double> values)
    {
        var (min, max) = Range(values);
        return new AxisScale(false, min, max);
    }

    /// <summary>From the last ten per cent that no value is below, to 100: what policies differ in is often near 100.</summary>
    public static AxisScale PercentUpTo100(IEnumerable<double> values) =>
        new(false, Math.Clamp(10 * Math.Floor(values.Min() / 10), 0, 90), 100);

    /// <summary>Where a value lies on the axis.</summary>
    public double Map(double value) => _isLogarithmic ? Math.Log10(value) : value;

    /// <summary>Where a value lies on the axis, or the end of the axis that it lies beyond.</summary>
    public double MapWithin(double value) =>
        _isLogarithmic && value <= 0
            ? _low - Padding
            : Math.Clamp(Map(value), _low - Padding, _high + Padding);

    /// <summary>Gives the axis its limits and ticks.</summary>
    public void ApplyTo(IAxis axis)
    {
        var margin = Padding;
        // Nothing lies below zero on a linear axis: its ground line needs no margin, but marks on it do not get cut.
        axis.Min = !_isLogarithmic && _low == 0 ? -margin / 3 : _low - margin;
        axis.Max = _high + margin;
        axis.TickGenerator = _isLogarithmic ? LogarithmicTicks(axis.Min, axis.Max) : LinearTicks();
    }

    private static (double Min, double Max) Range(IEnumerable<double> values)
    {
        var (min, max) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        }

        return min <= max ? (min, max) : (0, 1);
    }

    private static NumericAutomatic LinearTicks() =>
        new() { LabelFormatter = value => Label(value), TickDensity = TickDensity };

    private static NumericManual LogarithmicTicks(double low, double high)
    {
        var ticks = new NumericManual();
        var labelsAll = high - low <= DecadesWithAllLabels;
        for (var decade = (int)Math.Floor(low); decade <= high; decade++)
        {
            for (var digit = 1; digit <= 9; digit++)
            {
                var position = decade + Math.Log10(digit);
                if (position < low || position > high)
                {
                    continue;
                }

                if (digit == 1 || (labelsAll && digit is 2 or 5))
                {
                    ticks.AddMajor(position, Label(digit * Math.Pow(10, decade)));
                }
                else
                {
                    ticks.AddMinor(position);
                }
            }
        }

        return ticks;
    }

    /// <summary>A number as axes write it.</summary>
    /// <param name="value">The number.</param>
    /// <param name="digits">Digits that count, from 1 to 15.</param>
    public static string Label(double value, int digits)
    {
        if (value == 0)
        {
            return "0";
        }

        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - digits + 1);
        return Label(Math.Round(value / unit) * unit);
    }

    private static string Label(double value) =>
        value == 0 ? "0"
        : Math.Abs(value) is >= 1e-4 and < 1e7 ? value.ToString("#,0.######", CultureInfo.InvariantCulture)
        : value.ToString("0.###e0", CultureInfo.InvariantCulture);
}
