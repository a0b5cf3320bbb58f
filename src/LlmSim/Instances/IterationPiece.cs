using LlmSim.Performance;

namespace LlmSim.Instances;

/// <summary>
/// Iterations of a plan whose times grow by the same amount: iteration j of the piece (from 1) takes first + (j − 1) · growth,
/// so that the end of each is a polynomial of degree two, and how many have ended by a time is its root.
/// </summary>
internal readonly struct IterationPiece
{
    private const double NanosecondsPerSecond = 1e9;
    private readonly double _offset;
    private readonly double _first;
    private readonly double _growth;

    /// <summary>A piece of a plan.</summary>
    /// <param name="before">Iterations of the plan before this piece.</param>
    /// <param name="count">Iterations in it.</param>
    /// <param name="offset">Nanoseconds from the start of the plan to that of the piece.</param>
    /// <param name="trend">The times.</param>
    public IterationPiece(int before, int count, double offset, in DecodeTrend trend)
    {
        Before = before;
        Count = count;
        _offset = offset;
        _first = trend.Seconds * NanosecondsPerSecond;
        _growth = trend.GrowthSeconds * NanosecondsPerSecond;
    }

    /// <summary>Iterations of the plan before this piece.</summary>
    public int Before { get; }

    public int Count { get; }

    /// <summary>Whether every iteration takes a time from 0.</summary>
    public bool IsValid => _first >= 0 && _first + ((Count - 1) * _growth) >= 0;

    public double GrowthSeconds => _growth / NanosecondsPerSecond;

    /// <summary>Nanoseconds of its shortest iteration.</summary>
    public double ShortestNanoseconds => Math.Min(_first, _first + ((Count - 1) * _growth));

    /// <summary>Nanoseconds from the start of the plan to the end of iteration j of the piece; 0 gives its own start.</summary>
    public double OffsetAfter(int j) => _offset + (j * (_first + (_growth * (j - 1) / 2)));

    /// <summary>Whether the piece has begun so many nanoseconds after the start of the plan.</summary>
    public bool StartsBy(long nanoseconds) => Math.Round(_offset) <= nanoseconds;

    /// <summary>Seconds of an iteration of the piece, from 0.</summary>
    public double SecondsOf(int index) => (_first + (index * _growth)) / NanosecondsPerSecond;

    /// <summary>Iterations of the piece that have ended so many nanoseconds after the start of the plan, give or take one.</summary>
    public int EndedBy(double nanoseconds)
    {
        // growth / 2 · j² + (first − growth / 2) · j = elapsed, in the form that also holds without growth.
        var elapsed = Math.Max(0, nanoseconds - _offset);
        var b = _first - (_growth / 2);
        var root = Math.Sqrt(Math.Max(0, (b * b) + (2 * _growth * elapsed)));
        var ended = b + root > 0 ? 2 * elapsed / (b + root) : 0;
        return double.ConvertToIntegerNative<int>(Math.Clamp(ended, 0, Count - 1));
    }
}
