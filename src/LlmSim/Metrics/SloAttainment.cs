namespace LlmSim.Metrics;

/// <summary>
/// How many requests meet one pair of SLOs. Several of them can watch one simulation, whose other figures are the same for
/// all pairs as long as no policy looks at deadlines.
/// </summary>
/// <param name="ttftSloSeconds">A request meets its TTFT SLO when its TTFT is below so many seconds.</param>
/// <param name="tpotSloSeconds">A request meets its TPOT SLO when its TPOT is below so many seconds.</param>
internal sealed class SloAttainment(double ttftSloSeconds, double tpotSloSeconds)
{
    private WindowCount _metBothInWindow;

    /// <summary>Requests with a TTFT below its SLO.</summary>
    public long MetTtft { get; private set; }

    /// <summary>Requests with a TPOT below its SLO.</summary>
    public long MetTpot { get; private set; }

    /// <summary>Requests that met both.</summary>
    public long MetBoth { get; private set; }

    /// <summary>Requests that met both and finished while others arrived, those left out of the statistics included.</summary>
    internal long MetBothInWindow => _metBothInWindow.Count;

    /// <summary>A request arrives that the statistics are about.</summary>
    internal void Extend() => _metBothInWindow.Extend();

    /// <summary>Counts a request that has finished; its TPOT is NaN when it had a single token.</summary>
    internal void Add(double ttftSeconds, double tpotSeconds, bool isMeasured)
    {
        var metTtft = ttftSeconds < ttftSloSeconds;
        // A single token has no gap that could be too long.
        var metTpot = double.IsNaN(tpotSeconds) || tpotSeconds < tpotSloSeconds;
        _metBothInWindow.Add(metTtft && metTpot ? 1 : 0);
        if (!isMeasured)
        {
            return;
        }

        MetTtft += metTtft ? 1 : 0;
        MetTpot += metTpot ? 1 : 0;
        MetBoth += metTtft && metTpot ? 1 : 0;
    }

    /// <summary>The summary of the requests that were counted, with the figures that depend on the SLOs.</summary>
    public RunSummary ApplyTo(RunSummary summary) =>
        summary with
        {
            GoodputRequestsPerSecond = MetBoth / summary.MeasuredSeconds,
            TtftAttainmentPercent = 100.0 * MetTtft / summary.MeasuredRequests,
            TpotAttainmentPercent = 100.0 * MetTpot / summary.MeasuredRequests,
            BothAttainmentPercent = 100.0 * MetBoth / summary.MeasuredRequests,
            ArrivalWindow = summary.ArrivalWindow with
            {
                GoodputRequestsPerSecond = MetBothInWindow / summary.ArrivalWindow.Seconds,
            },
        };
}
