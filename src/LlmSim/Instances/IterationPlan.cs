using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Instances;

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
    private IterationPiece[] _pieces = new IterationPiece[2];
    private int _pieceCount;
    private double _carry;

    /// <summary>Nanoseconds from the start to the end, not rounded.</summary>
    private double _length;

    /// <summary>Iterations in the plan; 0 when nothing is planned.</summary>
    public int Count { get; private set; }

    public SimTime Start { get; private set; }

    public SimTime End { get; private set; }

    /// <summary>Nanoseconds that each iteration takes at least.</summary>
    public double ShortestNanoseconds { get; private set; }

    /// <summary>End of an iteration; 0 gives the start of the first.</summary>
    public SimTime EndOf(int iteration) =>
        iteration == 0 ? Start
        : iteration == Count ? End
        : At(Offset(iteration));

    /// <summary>Plans so many iterations of a batch whose contexts each grow by a token an iteration.</summary>
    /// <param name="start">When the first begins.</param>
    /// <param name="iterations">How many.</param>
    /// <param name="batch">The batch of the first; its contexts grow by a token for each request in each further one.</param>
    /// <param name="performance">Gives the times of the iterations.</param>
    /// <param name="slowdown">By what they are multiplied.</param>
    public void Make(
        SimTime start,
        int iterations,
        DecodeBatch batch,
        IPerformanceModel performance,
        double slowdown = 1
    )
    {
        Begin(start);
        while (Count < iterations)
        {
            var trend = performance.Trend(IterationBatch.OfDecode(batch)).Slowed(slowdown);
            var count = Add(trend, iterations - Count);
            batch = new DecodeBatch(
                batch.Requests,
                batch.ContextTokens + ((long)count * batch.Requests),
                batch.LongestContextTokens + count
            );
        }
    }

    /// <summary>Begins a plan, without iterations yet.</summary>
    public void Begin(SimTime start)
    {
        Start = start;
        _pieceCount = 0;
        ShortestNanoseconds = double.PositiveInfinity;
        EndAfter(0, _carry);
    }

    /// <summary>Adds iterations, as far as a trend goes.</summary>
    /// <param name="trend">Their times.</param>
    /// <param name="most">How many at most.</param>
    /// <returns>How many.</returns>
    public int Add(in DecodeTrend trend, int most)
    {
        var count = Math.Min(trend.Iterations, most);
        var piece = new IterationPiece(Count, count, _length, trend);
        Invariant.Require(
            count > 0 && piece.IsValid,
            $"an iteration would take {trend.Seconds} s, growing by {trend.GrowthSeconds} s over {count} iterations"
        );
        if (_pieceCount == _pieces.Length)
        {
            Array.Resize(ref _pieces, 2 * _pieceCount);
        }

        _pieces[_pieceCount++] = piece;
        ShortestNanoseconds = Math.Min(ShortestNanoseconds, piece.ShortestNanoseconds);
        EndAfter(Count + count, piece.OffsetAfter(count));
        return count;
    }

    /// <summary>Keeps only the first iterations.</summary>
    public void CutTo(int iterations) => EndAfter(iterations, Offset(iterations));

    /// <summary>Ends the plan with the iteration that is under way: the first that ends after <paramref name="now" />.</summary>
    /// <returns>Whether that is earlier than planned.</returns>
    public bool CutAfter(SimTime now)
    {
        var iterations = EndedBy(now) + 1;
        if (iterations >= Count)
        {
            return false;
        }

        CutTo(iterations);
        return true;
    }

    /// <summary>Iterations that have ended by then, one that ends at this very instant included.</summary>
    public int EndedBy(SimTime now)
    {
        if (now >= End)
        {
            return Count;
        }

        if (Count <= 1)
        {
            return 0;
        }

        var elapsed = (now - Start).Nanoseconds;
        var (low, high) = (0, _pieceCount - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _pieces[middle].StartsBy(elapsed) ? (middle, high) : (low, middle - 1);
        }

        // The solution of the series; rounding may put an end on the other side of now.
        var ended = _pieces[low].Before + _pieces[low].EndedBy(elapsed);
        while (EndOf(ended + 1) <= now)
        {
            ended++;
        }

        while (ended > 0 && EndOf(ended) > now)
        {
            ended--;
        }

        return ended;
    }

    /// <summary>Iterations that have ended before that time; one that ends at it is still to be looked at.</summary>
    public int EndedBefore(SimTime time) => EndedBy(time - new SimTime(1));

    /// <summary>Records some iterations, not the first one, as gaps between tokens.</summary>
    /// <param name="latency">Where to.</param>
    /// <param name="first">The first of them, from 2.</param>
    /// <param name="last">The last of them.</param>
    /// <param name="requests">For how many requests each.</param>
    public void RecordGaps(InterTokenLatency latency, int first, int last, int requests)
    {
        for (var i = 0; i < _pieceCount && _pieces[i].Before < last; i++)
        {
            ref readonly var piece = ref _pieces[i];
            var from = Math.Max(0, first - 1 - piece.Before);
            var to = Math.Min(piece.Count, last - piece.Before);
            if (from < to)
            {
                latency.RecordSeries(piece.SecondsOf(from), piece.GrowthSeconds, to - from, requests);
            }
        }
    }

    /// <summary>Records the iterations after the first as gaps between tokens, each for so many requests.</summary>
    public void RecordGaps(InterTokenLatency latency, int requests) =>
        RecordGaps(latency, 2, Count, requests);

    /// <summary>The plan has been carried out; the next one goes on from its end.</summary>
    public void Complete()
    {
        _carry = _length - Math.Round(_length);
        Count = 0;
    }

    /// <summary>The instance becomes idle: its next plan does not continue this one.</summary>
    public void Rest() => _carry = 0;

    private void EndAfter(int iterations, double length)
    {
        Count = iterations;
        _length = length;
        End = At(length);
    }

    private SimTime At(double offset) => Start + SimTime.FromNanoseconds(Math.Max(0, offset));

    /// <summary>Nanoseconds from the start to the end of an iteration, not rounded.</summary>
    private double Offset(int iteration)
    {
        // Most plans are one piece; those of a model that is asked iteration by iteration have a piece for each.
        var (low, high) = (0, _pieceCount - 1);
        if (iteration > 0 && iteration <= _pieceCount && _pieces[iteration - 1].Before == iteration - 1)
        {
            (low, high) = (iteration - 1, iteration - 1);
        }

        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _pieces[middle].Before < iteration ? (middle, high) : (low, middle - 1);
        }

        ref readonly var piece = ref _pieces[low];
        return piece.OffsetAfter(iteration - piece.Before);
    }
}
