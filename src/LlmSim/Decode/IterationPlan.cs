using LlmSim.Engine;
using LlmSim.Performance;

namespace LlmSim.Decode;

/// <summary>
/// A macro-step: the iterations between two changes of a decode batch. Their times are a known series, so the
/// instance needs one event for all of them. Iteration i (from 1) ends at <see cref="EndOf" />(i).
/// </summary>
internal sealed class IterationPlan
{
    private long[] _ends = new long[64];
    private SimTime _start;

    /// <summary>Iterations in the plan; 0 when nothing is planned.</summary>
    public int Count { get; private set; }

    public SimTime End => EndOf(Count);

    /// <summary>End of an iteration; 0 gives the start of the first.</summary>
    public SimTime EndOf(int iteration) => iteration == 0 ? _start : new SimTime(_ends[iteration - 1]);

    /// <summary>Plans so many iterations of a batch whose contexts each grow by a token an iteration.</summary>
    /// <param name="start">When the first begins.</param>
    /// <param name="iterations">How many.</param>
    /// <param name="requests">Batch size.</param>
    /// <param name="contextTokens">Sum of the contexts held at the start.</param>
    /// <param name="longestContextTokens">The longest of them.</param>
    /// <param name="performance">Gives the time of each iteration.</param>
    public void Make(
        SimTime start,
        int iterations,
        int requests,
        long contextTokens,
        int longestContextTokens,
        IPerformanceModel performance
    )
    {
        if (_ends.Length < iterations)
        {
            Array.Resize(ref _ends, Math.Max(iterations, 2 * _ends.Length));
        }

        _start = start;
        Count = iterations;
        var end = start;
        for (var i = 1; i <= iterations; i++)
        {
            contextTokens += requests;
            var batch = new DecodeBatch(requests, contextTokens, longestContextTokens + i);
            // Each iteration is rounded by itself, so that a macro-step ends where single steps would.
            end += SimTime.FromSeconds(performance.DecodeSeconds(batch));
            _ends[i - 1] = end.Nanoseconds;
        }
    }

    /// <summary>Ends the plan with the iteration that is under way: the first that ends after <paramref name="now" />.</summary>
    public void CutAfter(SimTime now) => Count = Math.Min(Count, EndedBy(now) + 1);

    /// <summary>Iterations that have ended by then, one that ends at this very instant included.</summary>
    public int EndedBy(SimTime now)
    {
        var index = Array.BinarySearch(_ends, 0, Count, now.Nanoseconds);
        if (index < 0)
        {
            return ~index;
        }

        // Iterations so short that they share a nanosecond: all of them have ended.
        while (index + 1 < Count && _ends[index + 1] == now.Nanoseconds)
        {
            index++;
        }

        return index + 1;
    }

    public void Clear() => Count = 0;
}
