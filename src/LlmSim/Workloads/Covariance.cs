namespace LlmSim.Workloads;

/// <summary>Mean, spread and correlation of pairs in one pass, without cancellation (Welford, 1962).</summary>
internal sealed class Covariance
{
    private long _count;
    private double _meanY;
    private double _sumXX;
    private double _sumYY;
    private double _sumXY;

    public double MeanX { get; private set; }

    /// <summary>The sample's (n − 1).</summary>
    public double StandardDeviationX => Math.Sqrt(_sumXX / (_count - 1));

    /// <summary>Pearson's; null when a side does not vary.</summary>
    public double? Correlation => _sumXX > 0 && _sumYY > 0 ? _sumXY / Math.Sqrt(_sumXX * _sumYY) : null;

    public void Add(double x, double y)
    {
        _count++;
        var (dx, dy) = (x - MeanX, y - _meanY);
        MeanX += dx / _count;
        _meanY += dy / _count;
        _sumXX += dx * (x - MeanX);
        _sumYY += dy * (y - _meanY);
        _sumXY += dx * (y - _meanY);
    }
}
