namespace LlmSim.Performance.Measured;

/// <summary>A measured time by one quantity: linear between the points, constant before them, beyond them a line that does not fall.</summary>
internal sealed class Curve
{
    private readonly int[] _axis;
    private readonly double[] _seconds;

    /// <summary>The curve through points in any order, at least one.</summary>
    public Curve(IEnumerable<CurvePoint> points)
    {
        CurvePoint[] ascending = [.. points.OrderBy(point => point.Position)];
        _axis = [.. ascending.Select(point => point.Position)];
        _seconds = [.. ascending.Select(point => point.Seconds)];
    }

    /// <summary>What was measured, ascending.</summary>
    public IEnumerable<CurvePoint> Points =>
        _axis.Zip(_seconds, (position, seconds) => new CurvePoint(position, seconds));

    /// <summary>The last point that was measured.</summary>
    public int Last => _axis[^1];

    /// <summary>Seconds at a position.</summary>
    public double Seconds(double position)
    {
        var bracket = Bracket.Of(_axis, position);
        return bracket.Between(_seconds[bracket.Low], _seconds[bracket.High]);
    }
}

/// <summary>A measurement by one quantity.</summary>
/// <param name="Position">The quantity: tokens or sequences.</param>
/// <param name="Seconds">The time.</param>
internal readonly record struct CurvePoint(int Position, double Seconds);
