using System.Globalization;
using LlmSim.Kernel;
using MathNet.Numerics.Distributions;

namespace LlmSim.Clients;

/// <summary>How long something takes that clients do or bear: always the same, or drawn anew each time.</summary>
public sealed class Durations
{
    private const string Allowed =
        "seconds such as 5, exponential:mean=5, lognormal:mean=5,sigma=1, uniform:from=1,to=5";

    private static readonly FigureRange s_seconds = new(0, 1e9);
    private static readonly FigureRange s_sigma = new(0, 10);

    private readonly Kind _kind;
    private readonly double _first;
    private readonly double _second;

    private Durations(Kind kind, double first, double second = 0) =>
        (_kind, _first, _second) = (kind, first, second);

    private enum Kind
    {
        Constant,
        Exponential,
        Lognormal,
        Uniform,
    }

    /// <summary>Always so many seconds.</summary>
    public static Durations Constant(double seconds) => new(Kind.Constant, Checked(seconds));

    /// <summary>Exponentially distributed around a mean.</summary>
    public static Durations Exponential(double meanSeconds) => new(Kind.Exponential, Checked(meanSeconds));

    /// <summary>The mean in seconds.</summary>
    public double MeanSeconds => _kind == Kind.Uniform ? (_first + _second) / 2 : _first;

    /// <summary>Reads <c>5</c>, <c>exponential:mean=5</c>, <c>lognormal:mean=5,sigma=1</c> or <c>uniform:from=1,to=5</c>.</summary>
    /// <param name="name">What is read, for messages.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="UserErrorException">It is none of these, or a number is out of range.</exception>
    public static Durations Parse(string name, string text)
    {
        if (Number(text) is { } seconds)
        {
            return new(Kind.Constant, Checked(seconds, name));
        }

        var kind = text.Split(':')[0];
        string[] names = kind switch
        {
            "exponential" => ["mean"],
            "lognormal" => ["mean", "sigma"],
            "uniform" => ["from", "to"],
            _ => throw new UserErrorException($"{name}: found '{text}'; allowed: {Allowed}"),
        };
        var values = NamedValues.Parse(name, text, names);
        double Seconds(string key) => values.Number(key, s_seconds);
        var parsed = kind switch
        {
            "exponential" => new Durations(Kind.Exponential, Seconds("mean")),
            "lognormal" => new Durations(Kind.Lognormal, Seconds("mean"), values.Number("sigma", s_sigma)),
            _ => new Durations(Kind.Uniform, Seconds("from"), Seconds("to")),
        };
        return parsed._kind == Kind.Uniform && parsed._first > parsed._second
            ? throw new UserErrorException($"{name}: found '{text}'; allowed: from at most as large as to")
            : parsed;
    }

    /// <summary>The text that <see cref="Parse" /> reads.</summary>
    public override string ToString() =>
        _kind switch
        {
            Kind.Exponential => string.Create(CultureInfo.InvariantCulture, $"exponential:mean={_first}"),
            Kind.Lognormal => string.Create(
                CultureInfo.InvariantCulture,
                $"lognormal:mean={_first},sigma={_second}"
            ),
            Kind.Uniform => string.Create(
                CultureInfo.InvariantCulture,
                $"uniform:from={_first},to={_second}"
            ),
            _ => _first.ToString(CultureInfo.InvariantCulture),
        };

    /// <summary>Draws one.</summary>
    internal SimTime Next(RandomStream random) =>
        SimTime.FromSeconds(
            Math.Min(
                s_seconds.Most,
                _kind switch
                {
                    Kind.Exponential => _first == 0 ? 0 : random.NextExponential(1 / _first),
                    // The mean of a lognormal is exp(mu + sigma² / 2).
                    Kind.Lognormal => _first == 0
                        ? 0
                        : LogNormal.Sample(random, Math.Log(_first) - (_second * _second / 2), _second),
                    Kind.Uniform => _first + (random.NextDouble() * (_second - _first)),
                    _ => _first,
                }
            )
        );

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static double Checked(double seconds, string name = "seconds") =>
        s_seconds.Contains(seconds)
            ? seconds
            : throw new UserErrorException(
                FormattableString.Invariant($"{name}: found {seconds} s; allowed: a number {s_seconds}")
            );
}
