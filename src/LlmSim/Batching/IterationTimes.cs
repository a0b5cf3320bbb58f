using LlmSim.Engine;

namespace LlmSim.Batching;

/// <summary>
/// When the planned iterations end. What rounding to whole nanoseconds cuts off is carried on, so that thousands of equal
/// iterations add up to what they take.
/// </summary>
internal sealed class IterationTimes
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly List<double> _offsets = [];
    private SimTime _start;
    private double _carry;

    public int Count => _offsets.Count;

    public SimTime End => EndOf(Count);

    /// <summary>End of an iteration, from 1; 0 gives the start of the first.</summary>
    public SimTime EndOf(int iteration) =>
        iteration == 0 ? _start : new SimTime(_start.Nanoseconds + (long)Math.Round(_offsets[iteration - 1]));

    /// <summary>Begins a plan: without iterations yet.</summary>
    public void Begin(SimTime start)
    {
        // After a pause there is nothing to go on from.
        _carry = _offsets.Count > 0 && End == start ? _offsets[^1] - Math.Round(_offsets[^1]) : 0;
        _offsets.Clear();
        _start = start;
    }

    public void Add(double seconds)
    {
        Invariant.Require(seconds >= 0, $"an iteration would take {seconds} s");
        var offset = (_offsets.Count > 0 ? _offsets[^1] : _carry) + (seconds * NanosecondsPerSecond);
        if (_start.Nanoseconds + offset >= long.MaxValue)
        {
            throw new ClockRangeException(_start.Seconds + (offset / NanosecondsPerSecond));
        }

        _offsets.Add(offset);
    }

    /// <summary>Iterations that have ended before that time; one that ends at it is still to be looked at.</summary>
    public int EndedBefore(SimTime time)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (EndOf(middle + 1) < time)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Leaves the first so many.</summary>
    public void CutTo(int count) => _offsets.RemoveRange(count, _offsets.Count - count);
}
