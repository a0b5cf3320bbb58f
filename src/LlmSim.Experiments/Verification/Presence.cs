using LlmSim.Kernel;

namespace LlmSim.Experiments.Verification;

/// <summary>Amounts that are somewhere from one time to another: requests at an instance, or the tokens of their KV caches.</summary>
internal sealed class Presence
{
    private readonly List<(long At, long Amount)> _changes = [];
    private long[] _times = [];
    private long[] _sums = [];
    private bool _isSorted;

    /// <summary>An amount is there from a time up to another, which is not before it.</summary>
    public void Add(SimTime from, SimTime until, long amount = 1)
    {
        _changes.Add((from.Nanoseconds, amount));
        _changes.Add((until.Nanoseconds, -amount));
        _isSorted = false;
    }

    /// <summary>What is there when everything that happens at a time has happened.</summary>
    public long At(SimTime time)
    {
        Sort();
        var place = Array.BinarySearch(_times, time.Nanoseconds);
        place = place >= 0 ? place : ~place - 1;
        return place < 0 ? 0 : _sums[place];
    }

    /// <summary>The most that was there: what leaves at a time is gone before others come, or goes after them.</summary>
    public (long Least, long Most) Peak()
    {
        Sort();
        return (Most(leavesFirst: true), Most(leavesFirst: false));
    }

    /// <summary>Time in which something was there.</summary>
    public SimTime Covered()
    {
        Sort();
        var nanoseconds = 0L;
        for (var i = 0; i + 1 < _times.Length; i++)
        {
            nanoseconds += _sums[i] > 0 ? _times[i + 1] - _times[i] : 0;
        }

        return new SimTime(nanoseconds);
    }

    private long Most(bool leavesFirst)
    {
        var (sum, most) = (0L, 0L);
        foreach (
            var (_, amount) in leavesFirst
                ? _changes.OrderBy(change => change.At).ThenBy(change => change.Amount)
                : _changes.OrderBy(change => change.At).ThenByDescending(change => change.Amount)
        )
        {
            sum += amount;
            most = Math.Max(most, sum);
        }

        return most;
    }

    /// <summary>The sum after all changes of each time.</summary>
    private void Sort()
    {
        if (_isSorted)
        {
            return;
        }

        _isSorted = true;
        var byTime = _changes.GroupBy(change => change.At).OrderBy(group => group.Key).ToArray();
        _times = [.. byTime.Select(group => group.Key)];
        _sums = new long[byTime.Length];
        var sum = 0L;
        for (var i = 0; i < byTime.Length; i++)
        {
            sum += byTime[i].Sum(change => change.Amount);
            _sums[i] = sum;
        }
    }
}
