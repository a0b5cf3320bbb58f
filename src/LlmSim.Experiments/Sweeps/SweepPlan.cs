using LlmSim.Experiments.Extensions;

namespace LlmSim.Experiments.Sweeps;

/// <summary>An option and its value, as they are written: <c>lambda_arrival</c> and <c>2.5</c>.</summary>
internal readonly record struct Setting(string Option, string Value);

/// <summary>Options that vary together: a grid's axis has one, a zipped list has several.</summary>
/// <param name="Levels">One entry a step: a value for each of the same options, in the same order.</param>
internal sealed record SweepAxis(IReadOnlyList<IReadOnlyList<Setting>> Levels)
{
    /// <summary>The options of the axis.</summary>
    public IEnumerable<string> Options => Levels[0].Select(setting => setting.Option);

    /// <summary>The axis of one option.</summary>
    public static SweepAxis Of(string option, IEnumerable<string> values) =>
        new([.. values.Select(value => (IReadOnlyList<Setting>)[new Setting(option, value)])]);
}

/// <summary>One point of a sweep.</summary>
/// <param name="Settings">Its place on the axes.</param>
/// <param name="Configuration">The whole of what to simulate.</param>
internal sealed record SweepPoint(IReadOnlyList<Setting> Settings, RunConfiguration Configuration)
{
    /// <summary>As "lambda_arrival=2 seed=7"; empty in a sweep without axes.</summary>
    public string Name => string.Join(' ', Settings.Select(setting => $"{setting.Option}={setting.Value}"));
}

/// <summary>All points of a sweep in the order of their results.</summary>
internal sealed class SweepPlan
{
    /// <summary>The axis of replications: runs that differ in it alone are samples of one figure.</summary>
    public const string SeedOption = "seed";

    /// <summary>Points are made and checked before the first of them runs: some kilobytes each.</summary>
    private const int MostPoints = 100_000;

    private SweepPlan(
        IReadOnlyList<Setting> common,
        IReadOnlyList<string> options,
        IReadOnlyList<SweepPoint> points
    )
    {
        Common = common;
        Options = options;
        Points = points;
    }

    /// <summary>What is given for all points.</summary>
    public IReadOnlyList<Setting> Common { get; }

    /// <summary>The options that vary.</summary>
    public IReadOnlyList<string> Options { get; }

    /// <summary>The points: the last axis varies fastest.</summary>
    public IReadOnlyList<SweepPoint> Points { get; }

    /// <summary>Whether there are several seeds.</summary>
    public bool HasReplications => Options.Contains(SeedOption);

    /// <summary>The cartesian product of the axes.</summary>
    /// <param name="axes">No option appears in two of them; seeds come last wherever they are.</param>
    /// <param name="configure">The configuration with some settings on top of what all points have.</param>
    /// <param name="common">What all points have; none when null.</param>
    /// <exception cref="UserErrorException">A setting is wrong, two points are the same, or there are too many.</exception>
    public static SweepPlan Create(
        IReadOnlyList<SweepAxis> axes,
        Func<IReadOnlyList<Setting>, RunConfiguration> configure,
        IReadOnlyList<Setting>? common = null
    )
    {
        axes = [.. axes.OrderBy(axis => axis.Options.Contains(SeedOption))];
        RequireFew(axes);
        var settings = axes.Aggregate(
            (IReadOnlyList<IReadOnlyList<Setting>>)
                [
                    [],
                ],
            (product, axis) =>
                [.. product.SelectMany(head => axis.Levels.Select(level => (Setting[])[.. head, .. level]))]
        );
        var points = settings.Select(point => new SweepPoint(point, configure(point))).ToArray();
        RequireDistinct(points);
        return new SweepPlan(common ?? [], [.. axes.SelectMany(axis => axis.Options)], points);
    }

    /// <summary>The same plan with names looked up in other catalogs.</summary>
    public SweepPlan With(Catalogs catalogs) =>
        new(
            Common,
            Options,
            [
                .. Points.Select(point =>
                    point with
                    {
                        Configuration = point.Configuration with { Catalogs = catalogs },
                    }
                ),
            ]
        );

    private static void RequireFew(IReadOnlyList<SweepAxis> axes)
    {
        var points = axes.Aggregate(1.0, (product, axis) => product * axis.Levels.Count);
        if (points > MostPoints)
        {
            var levels = axes.Select(axis =>
                FormattableString.Invariant($"{string.Join(" and ", axis.Options)} {axis.Levels.Count}")
            );
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"the sweep has {points:0} points ({string.Join(" × ", levels)}); allowed: up to {MostPoints}. Make several sweeps of it"
                )
            );
        }
    }

    private static void RequireDistinct(SweepPoint[] points)
    {
        var first = new Dictionary<RunConfiguration, SweepPoint>();
        foreach (var point in points)
        {
            if (!first.TryAdd(point.Configuration, point))
            {
                throw new UserErrorException(
                    $"two points of the sweep are the same: {first[point.Configuration].Name} and {point.Name}; "
                        + "give each value once."
                );
            }
        }
    }
}
