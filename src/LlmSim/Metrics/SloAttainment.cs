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

    /// <summary>Counts a request that has finished.</summary>
    internal void Add(in SlosMet met, bool isMeasured)
    {
        _metBothInWindow.Add(met.All ? 1 : 0);
        if (!isMeasured)
        {
            return;
        }

        MetTtft += met.Ttft ? 1 : 0;
        MetTpot += met.Tpot ? 1 : 0;
        MetBoth += met.All ? 1 : 0;
    }

    /// <summary>Which of these SLOs, or of its own, a request has met.</summary>
    internal SlosMet Judge(Request request, double ttftSeconds, double tpotSeconds) =>
        SlosMet.Of(
            request.Origin,
            ttftSeconds,
            tpotSeconds,
            (request.Finish - request.FirstSent).Seconds,
            ttftSloSeconds,
            tpotSloSeconds
        );

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
