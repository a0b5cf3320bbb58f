using System.Globalization;
using LlmSim.Clients;
using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>What a load test sent: requests of these lengths, at these times or as fast as a limit lets them.</summary>
internal sealed record BenchLoad
{
    /// <summary>Lengths in the order of sending; at least one request.</summary>
    public required IReadOnlyList<RequestLengths> Lengths { get; init; }

    /// <summary>When they were sent, in seconds and ascending; null where times are drawn or there are none.</summary>
    public IReadOnlyList<double>? SentSeconds { get; init; }

    /// <summary>Requests per second; null for none: all as soon as the limit lets them.</summary>
    public double? RatePerSecond { get; init; }

    /// <summary>How they come at that rate.</summary>
    public ArrivalProcess Arrivals { get; init; } = ArrivalProcess.Poisson;

    /// <summary>
    /// Whether the drawn times are stretched so that the last one is the number of requests over the rate, and begin with a gap; else the
    /// first is 0.
    /// </summary>
    public bool FillsItsSpan { get; init; }

    /// <summary>Requests in flight at most; null for no limit.</summary>
    public int? Concurrency { get; init; }

    /// <summary>What becomes of the times of requests that wait for that limit.</summary>
    public SendTimes WhenLimited { get; init; } = SendTimes.WhenDue;

    /// <summary>"open", "limited" (open, with a limit of requests in flight) or "closed".</summary>
    public string Kind =>
        Concurrency is null ? "open"
        : HasTimes ? "limited"
        : "closed";

    /// <summary>What the scenario's client does.</summary>
    public SendTimes SendTimes => HasTimes ? WhenLimited : SendTimes.AtOnce;

    private bool HasTimes => SentSeconds is not null || RatePerSecond is not null;

    /// <summary>Arrivals whose gaps have a gamma distribution of this shape; constant ones where it is infinite.</summary>
    public static ArrivalProcess Process(double burstiness) =>
        double.IsInfinity(burstiness) ? ArrivalProcess.Constant
        : burstiness == 1 ? ArrivalProcess.Poisson
        : ArrivalProcess.Gamma(1 / Math.Sqrt(burstiness));

    /// <summary>The requests; drawn times are those of the seed.</summary>
    public IReadOnlyList<RequestSpec> Requests(long seed)
    {
        var requests = Lengths.Select(
            (length, id) =>
                new RequestSpec(
                    id,
                    SentSeconds is null ? SimTime.Zero : SimTime.FromSeconds(SentSeconds[id]),
                    length.Input,
                    length.Output
                )
        );
        if (SentSeconds is not null || RatePerSecond is not { } rate)
        {
            return [.. requests];
        }

        RequestSpec[] drawn = [.. Arrivals.Apply(requests, rate, seed)];
        var first = drawn[0].Arrival;
        var last = drawn[^1].Arrival.Seconds;
        return
        [
            .. drawn.Select(request =>
                request with
                {
                    Arrival =
                        FillsItsSpan && last > 0
                            ? SimTime.FromSeconds(drawn.Length / rate * (request.Arrival.Seconds / last))
                            : request.Arrival - first,
                }
            ),
        ];
    }

    /// <summary>In words.</summary>
    public override string ToString()
    {
        var times =
            SentSeconds is not null ? "at the recorded times"
            : RatePerSecond is { } rate
                ? string.Create(CultureInfo.InvariantCulture, $"{Arrivals}, {rate:0.####}/s")
            : "";
        return Concurrency is not { } limit ? times
            : times.Length == 0
                ? string.Create(CultureInfo.InvariantCulture, $"closed loop, {limit} in flight")
            : string.Create(CultureInfo.InvariantCulture, $"{times}, at most {limit} in flight");
    }
}

/// <summary>Tokens of a request's prompt and output.</summary>
internal readonly record struct RequestLengths(int Input, int Output);
