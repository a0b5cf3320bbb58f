using LlmSim.Experiments.Plots;
using ScottPlot;

namespace LlmSim.Experiments.Planning;

/// <summary>What a plan weighed, as pictures.</summary>
internal static class PlanPictures
{
    /// <summary>Each picture with the name of its file; null where there is nothing to draw.</summary>
    /// <param name="candidates">Everything that was simulated under the load that is asked for.</param>
    public static IEnumerable<(string Name, Plot? Plot)> All(IReadOnlyList<PlanRow> candidates) =>
        [("pareto", Pareto(candidates)), ("cost", Cost(candidates))];

    /// <summary>Tokens a second of an accelerator against those of a user: up and to the right is better.</summary>
    private static Plot? Pareto(IReadOnlyList<PlanRow> candidates) =>
        Draw(
            "What users get and what an accelerator gives",
            "output tokens/s of a user (1 / mean TPOT)",
            "output tokens/s of an accelerator",
            [.. candidates.Where(row => row.Judgement.Holds)],
            row => row.TokensPerSecondPerUser,
            row => row.TokensPerSecondPerAccelerator,
            "candidates that meet the SLOs; the line is the frontier",
            hasFrontier: true
        );

    /// <summary>The share of requests within their SLOs against what the cluster costs an hour.</summary>
    private static Plot? Cost(IReadOnlyList<PlanRow> candidates) =>
        Draw(
            "SLO attainment against cost",
            "dollars an hour",
            "requests that meet both SLOs (%)",
            [.. candidates.Where(row => row.CostPerHour is not null)],
            row => row.CostPerHour!.Value,
            row => row.AttainmentPercent,
            "clusters that were simulated under the load to the end of a run",
            hasFrontier: false
        );

    private static Plot? Draw(
        string title,
        string xLabel,
        string yLabel,
        IReadOnlyList<PlanRow> rows,
        Func<PlanRow, double> x,
        Func<PlanRow, double> y,
        string note,
        bool hasFrontier
    )
    {
        if (rows.Count == 0)
        {
            return null;
        }

        var plot = PictureStyle.NewPlot(title, xLabel, yLabel, note);
        var xScale = AxisScale.For(rows.Select(x));
        var yScale = AxisScale.For(rows.Select(y));
        if (hasFrontier)
        {
            AddFrontier(plot, [.. Frontier(rows, x, y).Select(At)]);
        }

        var byHardware = rows.GroupBy(row => row.Candidate.Shape.HardwareName)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToArray();
        for (var i = 0; i < byHardware.Length; i++)
        {
            var scatter = plot.Add.Scatter(byHardware[i].Select(At).ToArray());
            scatter.LineWidth = 0;
            scatter.MarkerStyle = PictureStyle.MarkerOf(i);
            plot.Legend.ManualItems.Add(
                new LegendItem { LabelText = byHardware[i].Key, MarkerStyle = PictureStyle.MarkerOf(i) }
            );
        }

        xScale.ApplyTo(plot.Axes.Bottom);
        yScale.ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, Math.Max(2, byHardware.Length));
        return plot;

        Coordinates At(PlanRow row) => new(xScale.Map(x(row)), yScale.Map(y(row)));
    }

    /// <summary>Rows that no other is better than in both, from left to right.</summary>
    internal static IReadOnlyList<PlanRow> Frontier(
        IEnumerable<PlanRow> rows,
        Func<PlanRow, double> x,
        Func<PlanRow, double> y
    )
    {
        var frontier = new List<PlanRow>();
        foreach (var row in rows.OrderByDescending(x).ThenByDescending(y))
        {
            if (frontier.Count == 0 || y(row) > y(frontier[^1]))
            {
                frontier.Add(row);
            }
        }

        frontier.Reverse();
        return frontier;
    }

    private static void AddFrontier(Plot plot, Coordinates[] points)
    {
        var line = plot.Add.Scatter(points);
        line.MarkerSize = 0;
        line.LineWidth = PictureStyle.LineWidth;
        line.LineColor = Color.FromHex("#909090");
        line.ConnectStyle = ConnectStyle.StepVertical;
    }
}
