namespace LlmSim.Metrics;

/// <summary>
/// Whether the number of requests in the cluster grows from the first arrival to the last, as it does when they arrive faster than
/// they are served. Each arrival says how many it finds; these are averaged over stretches of equal numbers of arrivals.
/// </summary>
/// <remarks>
/// At a load of just one, the number in a queueing system is a random walk. So growth is told from chance as the drift of one, by
/// Student's t of the steps between neighbouring means. A system in equilibrium comes back to where it was, and its steps give a
/// t far below that of a walk. Two things grow as well and are no overload: a cluster that fills up at the beginning, which does
/// not go on in the second half, and a run so short that few requests end before the last arrives without having waited.
/// </remarks>
internal sealed class QueueGrowth
{
    /// <summary>With fewer requests nothing is said.</summary>
    private const int MinRequests = 100;

    /// <summary>Most stretches; when there are more, two neighbours become one.</summary>
    private const int MaxStretches = 64;

    /// <summary>One-sided: one in a hundred and fifty walks without a drift.</summary>
    private const double CriticalT = 2.5;

    /// <summary>Least growth over the run, relative to the mean number, that is worth a word.</summary>
    private const double LeastRelativeGrowth = 0.5;

    /// <summary>Least part of the growth in the second half: half of it would be even.</summary>
    private const double LeastShareOfSecondHalf = 0.2;

    /// <summary>Share of the requests that end while others arrive in a run that is not short.</summary>
    private const double LeastShareFinished = 0.7;

    /// <summary>Share of their time in the cluster that requests wait when it is waiting that makes them stay.</summary>
    private const double LeastShareWaited = 0.5;

    private readonly double[] _sums = new double[MaxStretches];
    private readonly long[] _counts = new long[MaxStretches];
    private long _arrivalsPerStretch = 1;
    private long _arrived;
    private long _ended;
    private long _endedAtLastArrival;
    private double _secondsInCluster;
    private double _secondsWaited;

    /// <summary>A request arrives.</summary>
    public void Arrive()
    {
        if (_arrived / _arrivalsPerStretch == MaxStretches)
        {
            MergeNeighbours();
        }

        var stretch = _arrived / _arrivalsPerStretch;
        _sums[stretch] += _arrived - _ended;
        _counts[stretch]++;
        _arrived++;
        _endedAtLastArrival = _ended;
    }

    /// <summary>A request has left, finished or not.</summary>
    /// <param name="secondsInCluster">Since its arrival.</param>
    /// <param name="secondsWaited">Those of them in which it waited for a prefill or a decode batch.</param>
    public void Leave(double secondsInCluster, double secondsWaited)
    {
        _ended++;
        _secondsInCluster += secondsInCluster;
        _secondsWaited += secondsWaited;
    }

    /// <summary>Whether the number grew through all arrivals.</summary>
    public bool IsSignificant()
    {
        var isShort =
            _endedAtLastArrival < LeastShareFinished * _arrived
            && _secondsWaited < LeastShareWaited * _secondsInCluster;
        return _arrived >= MinRequests && !isShort && Grows(Means());
    }

    private static bool Grows(double[] means)
    {
        var steps = new Moments();
        for (var i = 1; i < means.Length; i++)
        {
            steps.Add(means[i] - means[i - 1]);
        }

        var growth = means[^1] - means[0];
        var growthOfSecondHalf = means[^1] - means[means.Length / 2];
        return steps.Mean > CriticalT * steps.Std / Math.Sqrt(steps.Count)
            && growth >= LeastRelativeGrowth * means.Average()
            && growthOfSecondHalf >= LeastShareOfSecondHalf * growth;
    }

    /// <summary>The means of the stretches; the last one is left out while it has too few arrivals to tell.</summary>
    private double[] Means()
    {
        var used = Array.FindLastIndex(_counts, count => 2 * count >= _arrivalsPerStretch) + 1;
        return [.. _sums.Take(used).Zip(_counts, (sum, count) => sum / count)];
    }

    private void MergeNeighbours()
    {
        for (var i = 0; i < MaxStretches; i++)
        {
            var isLeft = i < MaxStretches / 2;
            _sums[i] = isLeft ? _sums[2 * i] + _sums[(2 * i) + 1] : 0;
            _counts[i] = isLeft ? _counts[2 * i] + _counts[(2 * i) + 1] : 0;
        }

        _arrivalsPerStretch *= 2;
    }
}
