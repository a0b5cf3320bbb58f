using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Steady;

namespace LlmSim.Cli.Output;

/// <summary>How sure the figures of a run are.</summary>
internal static class PrecisionReport
{
    /// <summary>The intervals, and how the length of the run was found.</summary>
    public static void Write(RunResult result, CliConsole console)
    {
        if (result.Intervals is not { } intervals)
        {
            return;
        }

        var table = TextTable.Create("95 % interval", "", ">figure", ">from", ">to", ">within");
        foreach (var interval in intervals.Where(IsShown))
        {
            var (scale, unit) =
                SloFigure.Find(interval.Figure)!.Quantity == SloQuantity.Share
                    ? (1, "%")
                    : Figures.TimeUnit(interval.Estimate);
            table.Add(
                interval.Figure,
                unit,
                Figures.Number(scale * interval.Estimate),
                Figures.Number(scale * interval.Low),
                Figures.Number(scale * interval.High),
                Within(interval)
            );
        }

        console.Out.WriteLine();
        TextTable.Write(table, console);
        if (result.Precise is { } precise)
        {
            console.Out.WriteLine(Describe(precise));
        }
    }

    /// <summary>JSON and CSV have the other percentiles.</summary>
    private static bool IsShown(FigureInterval interval) =>
        double.IsFinite(interval.Estimate) && SloFigure.Find(interval.Figure)!.Percent is 0 or 50 or 99;

    /// <summary>How the length of the run was found, in a sentence.</summary>
    public static string Describe(PreciseOutcome outcome)
    {
        var figures = string.Join(
            ", ",
            outcome.Intervals.Select(interval => $"{interval.Figure} within {Within(interval)}")
        );
        return FormattableString.Invariant(
                $"--precise {outcome.AskedPercent:G4}% {(outcome.IsReached ? "reached" : $"not reached ({outcome.Reason})")}: {figures}"
            )
            + $"; {Figures.Count(outcome.Requests)} requests without the first {outcome.WarmUp}, {Figures.Count(outcome.Runs)} {(outcome.Runs == 1 ? "run" : "runs")} before.";
    }

    private static string Within(FigureInterval interval) =>
        double.IsNaN(interval.RelativeHalfWidth) ? "–" : Figures.Percent(interval.RelativeHalfWidth);
}
