using LlmSim.Experiments;
using LlmSim.Experiments.Sweeps;
using Xunit;

namespace LlmSim.Tests.Sweeps;

public sealed class SweepPlanTests
{
    [Fact]
    public void The_last_axis_varies_fastest_and_seeds_are_last()
    {
        var plan = Plan(
            SweepAxis.Of("seed", ["1", "2"]),
            SweepAxis.Of("a", ["x", "y"]),
            SweepAxis.Of("b", ["p", "q"])
        );

        Assert.Equal(
            ["x p 1", "x p 2", "x q 1", "x q 2", "y p 1", "y p 2", "y q 1", "y q 2"],
            plan.Points.Select(point => string.Join(' ', point.Settings.Select(setting => setting.Value)))
        );
        Assert.Equal(["a", "b", "seed"], plan.Options);
    }

    [Fact]
    public void Without_axes_there_is_one_point() => Assert.Single(Plan().Points);

    [Fact]
    public void Zipped_options_vary_together()
    {
        var plan = Plan(
            new SweepAxis([
                [new("a", "1"), new("b", "2")],
                [new("a", "3"), new("b", "4")],
            ]),
            SweepAxis.Of("seed", ["7"])
        );

        Assert.Equal(["a=1 b=2 seed=7", "a=3 b=4 seed=7"], plan.Points.Select(point => point.Name));
    }

    [Fact]
    public void The_same_point_twice_is_an_error()
    {
        var e = Assert.Throws<UserErrorException>(() =>
            SweepPlan.Create([SweepAxis.Of("a", ["1", "1.0"])], _ => new RunConfiguration())
        );

        Assert.Contains("a=1 and a=1.0", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Its configurations differ, because all settings are in the name of a model.</summary>
    [Fact]
    public void The_points_are_counted_before_they_are_made()
    {
        string[] values = [.. Enumerable.Range(1, 1000).Select(i => $"{i}")];

        var error = Assert.Throws<UserErrorException>(() =>
            SweepPlan.Create(
                [SweepAxis.Of("a", values), SweepAxis.Of("b", values), SweepAxis.Of("c", values)],
                _ => throw new InvalidOperationException("a point was made")
            )
        );

        Assert.Equal(
            "the sweep has 1000000000 points (a 1000 × b 1000 × c 1000); allowed: up to 100000. Make several sweeps of it",
            error.Message
        );
    }

    private static SweepPlan Plan(params SweepAxis[] axes) =>
        SweepPlan.Create(
            axes,
            settings => new RunConfiguration { Model = new SweepPoint(settings, new()).Name }
        );
}
