using LlmSim.Experiments.Workloads;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Samples;

/// <summary>Finds samples at an interval that are certain to exceed their limit, before the run.</summary>
internal static class SampleForecast
{
    /// <summary>With so many requests the last one surely comes after half of its expected time: that is 8 deviations away.</summary>
    private const int ManyRequests = 256;

    /// <summary>Fails when the samples would have more rows than allowed, as far as that can be known.</summary>
    /// <exception cref="UserErrorException">They would.</exception>
    public static void RequireWithinLimit(SampleOptions? options, WorkloadOptions workload, Scenario scenario)
    {
        if (options?.IntervalSeconds is not { } interval)
        {
            return;
        }

        var seconds = SecondsAtLeast(workload);
        var instances = scenario.Instances.Count();
        var rows = (Math.Floor(seconds / interval) + 1) * instances;
        if (rows > options.RowLimit)
        {
            throw SampleLimit.Exceeded(
                options.RowLimit,
                FormattableString.Invariant(
                    $"requests arrive for {seconds:G3} s or more, which are {rows:G3} rows at --sample_interval {interval} for {instances} instances"
                )
            );
        }
    }

    /// <summary>A time before which the last request does not arrive; 0 when nothing is known.</summary>
    private static double SecondsAtLeast(WorkloadOptions workload)
    {
        var requests =
            workload.ParsedTrace is { } trace ? Math.Min(trace.Requests.Length, workload.RequestCount)
            : workload.TracePath is null ? workload.RequestCount
            : 0;
        if (requests == 0)
        {
            return 0;
        }

        if (workload.Source == RequestSource.Mix || workload.ExpectedArrivals is not { } arrivals)
        {
            return 0;
        }

        if (arrivals.NeedsTrace)
        {
            return workload.ParsedTrace is { } parsed
                ? parsed.Requests.Span[requests - 1].Arrival.Seconds
                : 0;
        }

        // Only a rate that stays says when so many have come.
        var mean = (requests - 1) / (workload.LambdaArrival ?? WorkloadOptions.DefaultLambdaArrival);
        return arrivals == ArrivalProcess.Constant ? mean
            : arrivals == ArrivalProcess.Poisson && requests >= ManyRequests ? mean / 2
            : 0;
    }
}

/// <summary>What is said of samples that have too many rows.</summary>
internal static class SampleLimit
{
    public static UserErrorException Exceeded(long limit, string reason) =>
        new(
            FormattableString.Invariant(
                $"--sample_limit: {reason}, and a file of samples may have {limit:N0}. Allow more with --sample_limit, or sample less often with --sample_interval or --sample_rate."
            )
        );
}
