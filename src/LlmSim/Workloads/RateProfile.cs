using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// A rate of arrivals that changes over time. Arrivals come of it by inversion: the events of a process of rate 1 are put where the
/// integral of the rate reaches their times. So every profile keeps the random numbers of every other one, and a constant rate gives what
/// the process gives at that rate.
/// </summary>
internal abstract record RateProfile
{
    /// <summary>Of rates, which may be 0 for a while.</summary>
    protected static FigureRange Rates { get; } = new(0, 1e9, "requests/s");

    /// <summary>Arrivals per second on average: over its period or length, or for ever where it has none.</summary>
    public abstract double MeanPerSecond { get; }

    /// <summary>The same with a rate that is everywhere so many times as large.</summary>
    public abstract RateProfile Times(double factor);

    /// <summary>Begins at 0.</summary>
    /// <param name="seed">Seed of the run, for what is random in the rate itself.</param>
    public abstract IRateWalk Walk(long seed);

    /// <summary>Reads <c>diurnal:…</c>, <c>ramp:…</c> or <c>burst:…</c>; null for any other text.</summary>
    /// <exception cref="UserErrorException">A value is missing or wrong.</exception>
    public static RateProfile? Parse(string text) =>
        text.Split(':', 2)[0] switch
        {
            "diurnal" => DiurnalRate.ParseDiurnal(text),
            "ramp" => PiecewiseRate.ParseRamp(text),
            "burst" => BurstRate.ParseBurst(text),
            _ => null,
        };

    /// <summary>Some time later.</summary>
    /// <exception cref="UserErrorException">The simulated clock does not go so far.</exception>
    protected static SimTime After(SimTime start, double gapSeconds) =>
        start.Seconds + gapSeconds < SimTime.MaxValue.Seconds
            ? start + SimTime.FromSeconds(gapSeconds)
            : throw new UserErrorException(
                "arrivals: the last requests arrive after 292 years, which is as far as the simulated clock goes; allowed: a higher rate or fewer requests"
            );
}

/// <summary>A way along a profile.</summary>
internal interface IRateWalk
{
    /// <summary>Goes on until so many events have come on average; null where the rate stays 0 before that.</summary>
    SimTime? Next(double events);
}
