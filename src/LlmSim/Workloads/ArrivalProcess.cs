using System.Globalization;
using LlmSim.Kernel;
using GammaDistribution = MathNet.Numerics.Distributions.Gamma;

namespace LlmSim.Workloads;

/// <summary>
/// When requests arrive: an overlay on any workload. Random gaps come from the stream <c>arrivals</c> of the seed, so that
/// other lengths never shift the arrivals.
/// </summary>
public sealed record ArrivalProcess
{
    private const string Allowed =
        "poisson, trace, constant, gamma:cv=NUMBER with a number above 0 and up to 100, such as gamma:cv=2; or poisson at a rate that "
        + "changes: diurnal:mean=2,peak=4,period=24h,phase=0h, ramp:from=1,to=10,over=30m, "
        + "burst:base=1,burst=10,base_for=60s,burst_for=5s";

    private static readonly string[] s_names =
    [
        "poisson",
        "trace",
        "constant",
        "gamma:cv=2",
        "diurnal:mean=2,peak=4",
        "ramp:from=1,to=10,over=30m",
        "burst:base=1,burst=10,base_for=60s,burst_for=5s",
    ];

    private static readonly FigureRange s_cv = new(0, 100, IsAboveLeast: true);

    private readonly string _name;
    private readonly double _cv;
    private readonly RateProfile? _profile;

    private ArrivalProcess(string name, double cv = 0, RateProfile? profile = null) =>
        (_name, _cv, _profile) = (name, cv, profile);

    /// <summary>Exponential gaps; the first is drawn too.</summary>
    public static ArrivalProcess Poisson { get; } = new("poisson");

    /// <summary>The workload's own timestamps; the rate does not matter.</summary>
    public static ArrivalProcess Trace { get; } = new("trace");

    /// <summary>Request i at i / rate: the first at 0.</summary>
    public static ArrivalProcess Constant { get; } = new("constant");

    /// <summary>Gamma-distributed gaps; the first is drawn too. Above 1, cv makes bursts; 1 is Poisson.</summary>
    /// <param name="cv">Coefficient of variation of the gaps: standard deviation / mean. Above 0, up to 100.</param>
    /// <exception cref="UserErrorException">cv is outside its range.</exception>
    public static ArrivalProcess Gamma(double cv)
    {
        WorkloadParameter.Require(s_cv, "arrivals: cv", cv);
        return new ArrivalProcess("gamma", cv);
    }

    /// <summary>Whether arrivals are the workload's own, which a synthetic one does not have.</summary>
    public bool NeedsTrace => this == Trace;

    /// <summary>Whether its gaps are drawn.</summary>
    internal bool IsRandom => !NeedsTrace && _name != Constant._name;

    /// <summary>Arrivals per second on average of a rate that changes; null where the rate is what <see cref="Apply" /> is given.</summary>
    internal double? MeanPerSecond => _profile?.MeanPerSecond;

    /// <summary>The same gaps at a rate that changes.</summary>
    /// <exception cref="UserErrorException">Its rate changes already, or the workload has its own times.</exception>
    internal ArrivalProcess At(RateProfile profile) =>
        !NeedsTrace && _profile is null
            ? new ArrivalProcess(_name, _cv, profile)
            : throw new UserErrorException(
                $"rate_profile: is not read with arrivals {this}; allowed with it: poisson, constant, gamma:cv=NUMBER"
            );

    /// <summary>
    /// Reads <c>poisson</c>, <c>trace</c>, <c>constant</c>, <c>gamma:cv=2</c>, or Poisson arrivals at a rate that changes:
    /// <c>diurnal:mean=2,peak=4,period=24h</c>, <c>ramp:from=1,to=10,over=30m</c>, <c>burst:base=1,burst=10,base_for=60s,burst_for=5s</c>.
    /// </summary>
    /// <exception cref="UserErrorException">The text is none of these.</exception>
    public static ArrivalProcess Parse(string text)
    {
        const string GammaPrefix = "gamma:cv=";
        return text switch
        {
            "poisson" => Poisson,
            "trace" => Trace,
            "constant" => Constant,
            _ when text.StartsWith(GammaPrefix, StringComparison.Ordinal)
                    && double.TryParse(
                        text.AsSpan(GammaPrefix.Length),
                        CultureInfo.InvariantCulture,
                        out var cv
                    ) => Gamma(cv),
            _ when RateProfile.Parse(text) is { } profile => new ArrivalProcess(text, profile: profile),
            _ => throw new UserErrorException(
                $"arrivals: found '{text}'; allowed: {Allowed}." + Suggestion.For(text, s_names)
            ),
        };
    }

    /// <summary>The text that <see cref="Parse" /> reads.</summary>
    public override string ToString() =>
        _cv > 0 ? string.Create(CultureInfo.InvariantCulture, $"{_name}:cv={_cv}") : _name;

    /// <summary>The same requests, or the first of them, with arrivals of this process.</summary>
    /// <param name="requests">Any workload, endless ones included.</param>
    /// <param name="ratePerSecond">
    /// Mean arrivals per second, above 0 and up to 1e9; <see cref="Trace" /> ignores it. A rate that changes becomes that on average.
    /// </param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="count">So many at the most, at least 1.</param>
    /// <exception cref="UserErrorException">The rate is outside its range.</exception>
    public IEnumerable<RequestSpec> Apply(
        IEnumerable<RequestSpec> requests,
        double ratePerSecond,
        long seed,
        int count = int.MaxValue
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (this == Trace)
        {
            return requests.Take(count);
        }

        WorkloadParameter.Require(FigureRanges.RequestsPerSecond, "lambda_arrival", ratePerSecond);
        return _profile is not null ? ApplyProfile(requests, _profile, ratePerSecond, seed, count)
            : this == Constant ? ApplyConstant(requests.Take(count), ratePerSecond)
            : ApplyGaps(requests, ratePerSecond, seed, count);
    }

    /// <summary>The first requests of a workload, as many as the rate brings: none comes after it has become 0 for good.</summary>
    private IEnumerable<RequestSpec> ApplyProfile(
        IEnumerable<RequestSpec> requests,
        RateProfile profile,
        double rate,
        long seed,
        int count
    )
    {
        var random = new RandomStream(seed, "arrivals");
        var walk = profile.Times(rate / profile.MeanPerSecond).Walk(seed);
        var shape = 1 / (_cv * _cv);
        var isFirst = true;
        foreach (var request in requests)
        {
            var events =
                _cv > 0 ? GammaDistribution.Sample(random, shape, shape)
                : IsRandom ? random.NextExponential(1)
                : isFirst ? 0
                : 1;
            isFirst = false;
            if (walk.Next(events) is not { } arrival)
            {
                yield break;
            }

            yield return request with
            {
                Arrival = arrival,
            };
            if (--count == 0)
            {
                yield break;
            }
        }
    }

    private static IEnumerable<RequestSpec> ApplyConstant(IEnumerable<RequestSpec> requests, double rate)
    {
        var count = 0L;
        foreach (var request in requests)
        {
            yield return request with
            {
                Arrival = After(SimTime.Zero, count++ / rate, rate),
            };
        }
    }

    // Counts itself, because each step of a workload copies every request.
    private IEnumerable<RequestSpec> ApplyGaps(
        IEnumerable<RequestSpec> requests,
        double rate,
        long seed,
        int count
    )
    {
        var random = new RandomStream(seed, "arrivals");
        var shape = 1 / (_cv * _cv);
        var arrival = SimTime.Zero;
        foreach (var request in requests)
        {
            var gapSeconds =
                this == Poisson
                    ? random.NextExponential(rate)
                    : GammaDistribution.Sample(random, shape, shape * rate);
            arrival = After(arrival, gapSeconds, rate);
            yield return request with
            {
                Arrival = arrival,
            };
            if (--count == 0)
            {
                yield break;
            }
        }
    }

    private static SimTime After(SimTime start, double gapSeconds, double rate) =>
        start.Seconds + gapSeconds < SimTime.MaxValue.Seconds
            ? start + SimTime.FromSeconds(gapSeconds)
            : throw new UserErrorException(
                FormattableString.Invariant(
                    $"lambda_arrival: at {rate} requests/s the last ones arrive after "
                )
                    + "292 years, which is as far as the simulated clock goes; allowed: a higher rate or fewer requests"
            );
}
