using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// A day: a sinusoid between its peak and its trough. Where the peak is more than twice the mean, a sinusoid would be negative at night;
/// it is then cut at 0, and is the one that has this mean and this peak all the same.
/// </summary>
internal sealed record DiurnalRate : RateProfile
{
    private const double DaySeconds = 86_400;

    private readonly double _peak;
    private readonly double _periodSeconds;
    private readonly double _phaseSeconds;

    private DiurnalRate(double mean, double peak, double periodSeconds, double phaseSeconds) =>
        (MeanPerSecond, _peak, _periodSeconds, _phaseSeconds) = (mean, peak, periodSeconds, phaseSeconds);

    /// <inheritdoc />
    public override double MeanPerSecond { get; }

    /// <summary>Reads <c>diurnal:mean=2,peak=5,period=24h,phase=6h</c>.</summary>
    public static DiurnalRate ParseDiurnal(string text)
    {
        var values = NamedValues.Parse("arrivals", text, ["mean", "peak", "period", "phase"]);
        var mean = values.Number("mean", FigureRanges.RequestsPerSecond);
        var peak = values.Number("peak", FigureRanges.RequestsPerSecond);
        if (peak < mean || peak > 1000 * mean)
        {
            throw values.Error(
                "peak",
                FormattableString.Invariant(
                    $"found {peak}; allowed: a number from the mean, which is {mean}, up to 1000 times it"
                )
            );
        }

        var period = values.Seconds("period", FigureRanges.PositiveSeconds, DaySeconds);
        return new DiurnalRate(mean, peak, period, values.Seconds("phase", FigureRanges.Seconds, 0) % period);
    }

    /// <inheritdoc />
    public override RateProfile Times(double factor) =>
        new DiurnalRate(MeanPerSecond * factor, _peak * factor, _periodSeconds, _phaseSeconds);

    /// <inheritdoc />
    public override IRateWalk Walk(long seed) =>
        _peak == MeanPerSecond
            ? new PiecewiseRate([new(0, MeanPerSecond)], isLinear: false).Walk(seed)
            : new DayWalk(this, Level());

    /// <summary>The level about which the sinusoid swings: the mean, or below it where the sinusoid is cut.</summary>
    private double Level()
    {
        if (_peak <= 2 * MeanPerSecond)
        {
            return MeanPerSecond;
        }

        var (low, high) = (-1e6 * _peak, MeanPerSecond);
        for (var i = 0; i < 200; i++)
        {
            var middle = (low + high) / 2;
            (low, high) =
                new Arc(middle, _peak).Area / Math.Tau < MeanPerSecond ? (middle, high) : (low, middle);
        }

        return high;
    }

    /// <summary>The part of a period in which the rate is above 0, as an angle from <see cref="Begin" />; the peak is at a quarter turn.</summary>
    private readonly record struct Arc(double Level, double Peak)
    {
        private double Swing => Peak - Level;

        public double Begin => -Math.Asin(Math.Min(1, Level / Swing));

        public double End => Math.PI - Begin;

        public double Area => Below(End);

        /// <summary>Integral of the rate over the angle from the beginning up to some angle of the arc.</summary>
        public double Below(double angle) =>
            (Level * (angle - Begin)) - (Swing * (Math.Cos(angle) - Math.Cos(Begin)));

        /// <summary>The angle at which the integral is that, by Newton's steps within a bracket that closes.</summary>
        public double At(double area)
        {
            var (low, high) = (Begin, End);
            var angle = low + ((high - low) * area / Area);
            for (var i = 0; i < 100; i++)
            {
                var wrong = Below(angle) - area;
                (low, high) = wrong > 0 ? (low, angle) : (angle, high);
                var next = angle - (wrong / (Level + (Swing * Math.Sin(angle))));
                next = next > low && next < high ? next : (low + high) / 2;
                if (Math.Abs(next - angle) <= 1e-15)
                {
                    return next;
                }

                angle = next;
            }

            return angle;
        }
    }

    private sealed class DayWalk : IRateWalk
    {
        private readonly Arc _arc;
        private readonly double _area;
        private readonly double _secondsPerRadian;
        private readonly double _phaseSeconds;

        /// <summary>Whole periods before the current one, whose first begins at the phase's trough.</summary>
        private long _periods;

        /// <summary>Integral of the rate over the angle of the current period so far.</summary>
        private double _below;

        public DayWalk(DiurnalRate rate, double level)
        {
            _arc = new Arc(level, rate._peak);
            _area = _arc.Area;
            _secondsPerRadian = rate._periodSeconds / Math.Tau;
            _phaseSeconds = rate._phaseSeconds;

            // Time 0 is at this angle; the frame of a period begins where the arc begins.
            var angle = _phaseSeconds / _secondsPerRadian;
            if (angle > _arc.Begin + Math.Tau)
            {
                _periods = 1;
                angle -= Math.Tau;
            }

            _below = _arc.Below(Math.Clamp(angle, _arc.Begin, _arc.End));
        }

        public SimTime? Next(double events)
        {
            _below += events / _secondsPerRadian;
            var periods = Math.Floor(_below / _area);
            _periods += (long)Math.Min(periods, 1e15);
            _below = Math.Max(0, _below - (periods * _area));
            var angle = _arc.At(_below) + (Math.Tau * _periods);
            return After(SimTime.Zero, Math.Max(0, (angle * _secondsPerRadian) - _phaseSeconds));
        }
    }
}
