using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Two rates by turns, each for an exponential time: with Poisson arrivals a Markov-modulated Poisson process of two states (Fischer and
/// Meier-Hellstern, 1993). It begins in equilibrium. Its states come from the stream <c>bursts</c> of the seed.
/// </summary>
internal sealed record BurstRate : RateProfile
{
    private readonly double _base;
    private readonly double _burst;
    private readonly double _baseSeconds;
    private readonly double _burstSeconds;

    private BurstRate(double baseRate, double burstRate, double baseSeconds, double burstSeconds) =>
        (_base, _burst, _baseSeconds, _burstSeconds) = (baseRate, burstRate, baseSeconds, burstSeconds);

    /// <inheritdoc />
    public override double MeanPerSecond =>
        ((_base * _baseSeconds) + (_burst * _burstSeconds)) / (_baseSeconds + _burstSeconds);

    /// <summary>Reads <c>burst:base=1,burst=10,base_for=60s,burst_for=5s</c>.</summary>
    public static BurstRate ParseBurst(string text)
    {
        var values = NamedValues.Parse("arrivals", text, ["base", "burst", "base_for", "burst_for"]);
        var burst = new BurstRate(
            values.Number("base", Rates),
            values.Number("burst", FigureRanges.RequestsPerSecond),
            values.Seconds("base_for", FigureRanges.PositiveSeconds),
            values.Seconds("burst_for", FigureRanges.PositiveSeconds)
        );
        return burst._burst >= burst._base
            ? burst
            : throw values.Error(
                "burst",
                FormattableString.Invariant(
                    $"found {burst._burst}; allowed: a number from base, which is {burst._base}, on"
                )
            );
    }

    /// <inheritdoc />
    public override RateProfile Times(double factor) =>
        new BurstRate(_base * factor, _burst * factor, _baseSeconds, _burstSeconds);

    /// <inheritdoc />
    public override IRateWalk Walk(long seed) => new StateWalk(this, new RandomStream(seed, "bursts"));

    private sealed class StateWalk : IRateWalk
    {
        private readonly BurstRate _rate;
        private readonly RandomStream _random;
        private bool _isBurst;
        private SimTime _now;
        private SimTime _end;

        public StateWalk(BurstRate rate, RandomStream random)
        {
            (_rate, _random) = (rate, random);
            _isBurst = random.NextDouble() < rate._burstSeconds / (rate._baseSeconds + rate._burstSeconds);
            _end = Length();
        }

        public SimTime? Next(double events)
        {
            while (true)
            {
                var rate = _isBurst ? _rate._burst : _rate._base;
                var within = rate * (_end - _now).Seconds;
                if (events < within)
                {
                    var time = After(_now, events / rate);
                    return _now = time < _end ? time : _end;
                }

                events -= within;
                _now = _end;
                _isBurst = !_isBurst;
                _end = Length();
            }
        }

        private SimTime Length() =>
            After(_now, _random.NextExponential(1 / (_isBurst ? _rate._burstSeconds : _rate._baseSeconds)));
    }
}
