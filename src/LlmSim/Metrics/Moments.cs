namespace LlmSim.Metrics;

/// <summary>
/// Mean and sample standard deviation of any number of values, from sums of their distances to the first of them: it is as
/// near to the mean as any, so that the squares do not cancel.
/// </summary>
internal struct Moments
{
    private double _origin;
    private double _sum;
    private double _squares;

    public long Count { get; private set; }

    public readonly double Mean => Count == 0 ? double.NaN : _origin + (_sum / Count);

    /// <summary>NaN for fewer than two values.</summary>
    public readonly double Std =>
        Count < 2 ? double.NaN : Math.Sqrt(Math.Max(0, _squares - (_sum * _sum / Count)) / (Count - 1));

    public void Add(double value, long count = 1)
    {
        if (Count == 0)
        {
            _origin = value;
        }

        var distance = value - _origin;
        Count += count;
        _sum += distance * count;
        _squares += distance * distance * count;
    }

    /// <summary>Adds first, first + growth, first + 2 · growth, … so many times each.</summary>
    public void AddSeries(double first, double growth, long length, long count)
    {
        if (Count == 0)
        {
            _origin = first;
        }

        var distance = first - _origin;
        var n = (double)length;
        var sumOfIndices = n * (n - 1) / 2;
        var sumOfSquaredIndices = sumOfIndices * ((2 * n) - 1) / 3;
        Count += length * count;
        _sum += count * ((n * distance) + (growth * sumOfIndices));
        _squares +=
            count
            * (
                (n * distance * distance)
                + (2 * distance * growth * sumOfIndices)
                + (growth * growth * sumOfSquaredIndices)
            );
    }
}
