using LlmSim.Engine;
using LlmSim.Performance;

namespace LlmSim.Decode;

/// <summary>
/// A macro-step: the iterations between two changes of a decode batch. Their times are a known series, so the
/// instance needs one event for all of them. Iteration i (from 1) ends at <see cref="EndOf" />(i).
/// </summary>
/// <remarks>
/// What rounding to whole nanoseconds cuts off is carried from plan to plan: otherwise thousands of equal iterations,
/// rounded the same way each time, would add up to an error that shows in the TPOT of a short output.
/// </remarks>
internal sealed class IterationPlan
{
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Nanoseconds from the start to the end of each iteration, not rounded.</summary>
    private double[] _offsets = new double[64];

    private SimTime _start;
    private double _carry;

    /// <summary>Iterations in the plan; 0 when nothing is planned.</summary>
    public int Count { get; private set; }

    public SimTime End => EndOf(Count);

    /// <summary>End of an iteration; 0 gives the start of the first.</summary>
    public SimTime EndOf(int iteration) =>
        iteration == 0 ? _start : new SimTime(_start.Nanoseconds + (long)Math.Round(_offsets[iteration - 1]));

    /// <summary>Plans so many iterations of a batch whose contexts each grow by a token an iteration.</summary>
    /// <param name="start">When the first begins.</param>
    /// <param name="iterations">How many.</param>
    /// <param name="batch">The batch of the first; its contexts grow by a token for each request in each further one.</param>
    /// <param name="performance">Gives the time of each iteration.</param>
    public void Make(SimTime start, int iterations, DecodeBatch batch, IPerformanceModel performance)
    {
        if (_offsets.Length < iterations)
        {
            Array.Resize(ref _offsets, Math.Max(iterations, 2 * _offsets.Length));
        }

        _start = start;
        Count = iterations;
        var offset = _carry;
        for (var i = 0; i < iterations; i++)
        {
            var seconds = performance.DecodeSeconds(batch);
            Invariant.Require(
                seconds is >= 0 and < double.PositiveInfinity,
                $"{batch} would take {seconds} s"
            );
            offset += seconds * NanosecondsPerSecond;
            _offsets[i] = offset;
            batch = new DecodeBatch(
                batch.Requests,
                batch.ContextTokens + batch.Requests,
                batch.LongestContextTokens + 1
            );
        }
    }

    /// <summary>Ends the plan with the iteration that is under way: the first that ends after <paramref name="now" />.</summary>
    public void CutAfter(SimTime now) => Count = Math.Min(Count, EndedBy(now) + 1);

    /// <summary>Iterations that have ended by then, one that ends at this very instant included.</summary>
    public int EndedBy(SimTime now)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (EndOf(middle + 1) <= now)
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

    /// <summary>The plan has been carried out; the next one goes on from its end.</summary>
    public void Complete()
    {
        var offset = _offsets[Count - 1];
        _carry = offset - Math.Round(offset);
        Count = 0;
    }

    /// <summary>The instance falls idle: its next plan has nothing to go on from.</summary>
    public void Rest() => _carry = 0;
}
