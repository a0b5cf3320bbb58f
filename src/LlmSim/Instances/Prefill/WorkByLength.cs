namespace LlmSim.Instances.Prefill;

/// <summary>
/// Sums of queued work over all prompts shorter than a given one, in O(log n) of the longest: a Fenwick tree (Fenwick, 1994)
/// over prompt lengths.
/// </summary>
internal sealed class WorkByLength
{
    /// <summary>Entry i, from 1, sums the work of the lengths i − (lowest bit of i) up to i − 1. A power of two, and one.</summary>
    private long[] _sums = new long[1025];

    /// <summary>Adds work for a length, or takes it off when negative.</summary>
    public void Add(int tokens, long nanoseconds)
    {
        while (tokens >= _sums.Length - 1)
        {
            Grow();
        }

        for (var i = tokens + 1; i < _sums.Length; i += i & -i)
        {
            _sums[i] += nanoseconds;
        }
    }

    /// <summary>Work of all lengths below.</summary>
    public long Below(int tokens)
    {
        var sum = 0L;
        for (var i = Math.Min(tokens, _sums.Length - 1); i > 0; i -= i & -i)
        {
            sum += _sums[i];
        }

        return sum;
    }

    /// <summary>No work is left.</summary>
    public void Clear() => Array.Clear(_sums);

    private void Grow()
    {
        // The new root sums everything that there is, as the old one does.
        var size = _sums.Length - 1;
        Array.Resize(ref _sums, (2 * size) + 1);
        _sums[2 * size] = _sums[size];
    }
}
