using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <summary>The arrival process of a workload.</summary>
/// <param name="Process">The process; null in a closed loop, whose requests come when others end.</param>
/// <param name="Reason">Why this one, when none was asked for and there is a trace; else null.</param>
internal sealed record ArrivalChoice(ArrivalProcess? Process, string? Reason)
{
    /// <summary>
    /// None in a closed loop; the process that was asked for; else, for a trace, its own times, unless it has none, a rate was asked for, or the
    /// semantics draw arrivals as the reference does; else Poisson. All but the trace's own at the rate over time, if there is one.
    /// </summary>
    /// <exception cref="UserErrorException">The file of that rate is wrong, or the process has a rate of its own.</exception>
    internal static ArrivalChoice Of(WorkloadOptions options, bool isTrace, bool hasTimes)
    {
        var choice = OfGaps(options, isTrace, hasTimes);
        return options.RateProfile is { } path && choice.Process is { } process
            ? choice with
            {
                Process = process.At(RateFile.Read(path, options.RateInterpolation)),
            }
            : choice;
    }

    private static ArrivalChoice OfGaps(WorkloadOptions options, bool isTrace, bool hasTimes) =>
        options.Concurrency is not null ? new(null, null)
        : options.Arrivals is { } asked ? new(asked, null)
        : options.RateProfile is not null
            ? new(ArrivalProcess.Poisson, isTrace ? "rate_profile is given" : null)
        : !isTrace ? new(ArrivalProcess.Poisson, null)
        : !hasTimes ? new(ArrivalProcess.Poisson, "the trace has no times")
        : options.LambdaArrival is not null ? new(ArrivalProcess.Poisson, "lambda_arrival is given")
        : options.TraceArrivals == TraceArrivals.Poisson ? new(ArrivalProcess.Poisson, "as in the reference")
        : new(ArrivalProcess.Trace, "its own times");
}

/// <summary>What a workload turned out to be.</summary>
/// <param name="Arrivals">When its requests come.</param>
/// <param name="Trace">The trace; null for a synthetic workload.</param>
/// <param name="HashBlockTokens">Tokens that a hash id stands for.</param>
internal sealed record WorkloadFacts(ArrivalChoice Arrivals, TraceFacts? Trace, int HashBlockTokens)
{
    /// <summary>Arrivals per second of all its classes; null where <see cref="Arrivals" /> say it.</summary>
    public double? RatePerSecond { get; init; }
}
