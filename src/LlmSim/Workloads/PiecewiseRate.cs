using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>A time and the rate from then on, or the rate at which a line ends and the next begins.</summary>
/// <param name="Seconds">From the start of the simulation.</param>
/// <param name="PerSecond">Arrivals per second, at least 0.</param>
internal readonly record struct RatePoint(double Seconds, double PerSecond);

/// <summary>Steps, or lines from point to point; after the last point its rate stays.</summary>
internal sealed record PiecewiseRate : RateProfile
{
    private readonly RatePoint[] _points;
    private readonly bool _isLinear;

    /// <summary>A profile of points.</summary>
    /// <param name="points">At least one, the times growing; the first rate also holds before it.</param>
    /// <param name="isLinear">Whether the rate goes in lines from point to point, and not in steps.</param>
    public PiecewiseRate(IReadOnlyList<RatePoint> points, bool isLinear)
    {
        _isLinear = isLinear;
        MeanPerSecond = Mean(points, isLinear);
        _points =
        [
            .. WithoutRepeats(points.Select((point, i) => i == 0 ? point with { Seconds = 0 } : point)),
        ];
    }

    /// <inheritdoc />
    public override double MeanPerSecond { get; }

    /// <summary>Reads <c>ramp:from=1,to=10,over=30m</c>.</summary>
    public static PiecewiseRate ParseRamp(string text)
    {
        var values = NamedValues.Parse("arrivals", text, ["from", "to", "over"]);
        var from = values.Number("from", Rates);
        var to = values.Number("to", Rates);
        var over = values.Seconds("over", FigureRanges.PositiveSeconds);
        return from + to > 0
            ? new PiecewiseRate([new(0, from), new(over, to)], isLinear: true)
            : throw values.Error("to", "found 0 beside from=0; allowed: one of them above 0");
    }

    /// <inheritdoc />
    public override RateProfile Times(double factor) =>
        new PiecewiseRate(
            [.. _points.Select(point => point with { PerSecond = point.PerSecond * factor })],
            _isLinear
        );

    /// <inheritdoc />
    public override IRateWalk Walk(long seed) => new PointWalk(_points, _isLinear);

    private static double Mean(IReadOnlyList<RatePoint> points, bool isLinear)
    {
        var area = 0.0;
        for (var i = 1; i < points.Count; i++)
        {
            var (from, to) = (points[i - 1], points[i]);
            var rate = isLinear ? (from.PerSecond + to.PerSecond) / 2 : from.PerSecond;
            area += rate * (to.Seconds - from.Seconds);
        }

        return area > 0 ? area / (points[^1].Seconds - points[0].Seconds) : points[^1].PerSecond;
    }

    /// <summary>Without points at which nothing changes, so that a constant rate is one piece and rounds as one.</summary>
    private IEnumerable<RatePoint> WithoutRepeats(IEnumerable<RatePoint> points)
    {
        var all = points.ToArray();
        for (var i = 0; i < all.Length; i++)
        {
            var isAsBefore = i > 0 && all[i].PerSecond == all[i - 1].PerSecond;
            var isAsAfter = i + 1 == all.Length || all[i + 1].PerSecond == all[i].PerSecond;
            if (!(isAsBefore && (!_isLinear || isAsAfter)))
            {
                yield return all[i];
            }
        }
    }

    private sealed class PointWalk(RatePoint[] points, bool isLinear) : IRateWalk
    {
        private readonly SimTime[] _times = [.. points.Select(point => SimTime.FromSeconds(point.Seconds))];
        private int _piece;
        private SimTime _now;

        public SimTime? Next(double events)
        {
            while (_piece + 1 < points.Length)
            {
                var end = _times[_piece + 1];
                var left = (end - _now).Seconds;
                var (rate, slope) = (RateNow(), Slope());
                var atEnd = isLinear ? points[_piece + 1].PerSecond : rate;
                var within = (rate + atEnd) / 2 * left;
                if (events <= within)
                {
                    // The time at which rate · t + slope · t² / 2 is the events; in a form that does not cancel.
                    var seconds =
                        slope == 0
                            ? events / rate
                            : 2
                                * events
                                / (rate + Math.Sqrt(Math.Max(0, (rate * rate) + (2 * slope * events))));
                    var time = _now + SimTime.FromSeconds(seconds);
                    return _now = time < end ? time : end;
                }

                events -= within;
                _now = end;
                _piece++;
            }

            var last = points[^1].PerSecond;
            return last > 0 ? _now = After(_now, events / last) : null;
        }

        private double RateNow() => points[_piece].PerSecond + (Slope() * (_now - _times[_piece]).Seconds);

        private double Slope() =>
            isLinear
                ? (points[_piece + 1].PerSecond - points[_piece].PerSecond)
                    / (points[_piece + 1].Seconds - points[_piece].Seconds)
                : 0;
    }
}
