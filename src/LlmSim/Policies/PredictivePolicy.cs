namespace LlmSim.Policies;

/// <summary>
/// Exponential smoothing of the arrival rate with a trend (Holt, 1957) and additive seasons (Winters, 1960): an instance is started as long before
/// it is needed as it takes to start.
/// </summary>
[Policy(
    "predictive",
    Decisions = PolicyDecisions.Autoscale,
    IgnoresTtftDeadline = true,
    Summary = "instances for the arrival rate that Holt-Winters smoothing expects until one that starts now is ready"
)]
internal sealed class PredictivePolicy : IAutoscalePolicy
{
    private const int MostSteps = 100_000;

    private readonly List<double> _season = [];
    private long _observations;
    private double _level;
    private double _trend;
    private bool _hasSeasons;

    [PolicyOption(
        "requests_per_second",
        Min = 1e-6,
        Max = 1e6,
        Summary = "arrivals per second that an instance can serve"
    )]
    public double RequestsPerSecond { get; set; } = 1;

    [PolicyOption("level", Min = 0, Max = 1, Summary = "weight of the newest rate in the level (alpha)")]
    public double Level { get; set; } = 0.5;

    [PolicyOption(
        "trend",
        Min = 0,
        Max = 1,
        Summary = "weight of the newest change in the trend (beta); 0 for no trend"
    )]
    public double Trend { get; set; } = 0.1;

    [PolicyOption(
        "seasonal",
        Min = 0,
        Max = 1,
        Summary = "weight of the newest deviation in the seasons (gamma)"
    )]
    public double Seasonal { get; set; } = 0.1;

    [PolicyOption(
        "period",
        Min = 0,
        Max = 1e7,
        Summary = "seconds after which the load repeats itself; 0 for no seasons"
    )]
    public double Period { get; set; }

    public int Decide(in FleetContext context)
    {
        Observe(context.Arrivals / context.IntervalSeconds, Steps(Period, context));
        var horizon = 1 + Steps(context.StartSeconds, context);
        var rate = 0.0;
        for (var step = 1; step <= horizon; step++)
        {
            rate = Math.Max(rate, Forecast(step));
        }

        var isNeeded = context.QueuedRequests + context.RunningRequests > 0;
        var wanted = (int)Math.Ceiling(Math.Min(rate / RequestsPerSecond, context.Max));
        return Math.Max(wanted, isNeeded ? 1 : 0);
    }

    private static int Steps(double seconds, in FleetContext context) =>
        (int)Math.Min(MostSteps, Math.Ceiling(seconds / context.IntervalSeconds));

    private void Observe(double rate, int period)
    {
        var season = _season.Count == period && period > 0 ? _season[Place(0)] : 0;
        var last = _level;
        _level = _observations == 0 ? rate : (Level * (rate - season)) + ((1 - Level) * (_level + _trend));
        _trend = _observations == 0 ? 0 : (Trend * (_level - last)) + ((1 - Trend) * _trend);
        if (_season.Count < period)
        {
            Learn(rate, period);
        }
        else if (period > 0)
        {
            _season[Place(0)] = (Seasonal * (rate - _level)) + ((1 - Seasonal) * season);
        }

        _observations++;
    }

    /// <summary>At the end of the first period its mean is the level, and what it deviated by are the seasons.</summary>
    private void Learn(double rate, int period)
    {
        _season.Add(rate);
        if (_season.Count < period)
        {
            return;
        }

        (_level, _trend) = (_season.Average(), 0);
        for (var i = 0; i < period; i++)
        {
            _season[i] -= _level;
        }

        _hasSeasons = true;
    }

    private double Forecast(int step) =>
        _level + (step * _trend) + (_hasSeasons ? _season[Place(step - 1)] : 0);

    /// <summary>The season of the observation that comes after so many others.</summary>
    private int Place(int later) => (int)((_observations + later) % _season.Count);
}
