using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>A sweep from its plan to its table, wherever the plan comes from.</summary>
internal static class SweepExecution
{
    public static void Run(SweepPlan plan, ParseResult parse, OutputArguments output, CliConsole console)
    {
        if (output.IsPlanOnly(parse))
        {
            SweepReport.WritePlan(plan, console);
            return;
        }

        var pictures = output.SweepPictures(parse);
        using var means = output.OpenReplications(parse);
        IReadOnlyList<RunResult> results;
        using (var progress = new ProgressLine(console, output.IsQuiet(parse)))
        {
            results = SweepRunner.Run(plan, output.Sweep(parse), progress.Report, console.Cancellation);
        }

        TraceNotices.Write(results.Select(result => result.Trace), console.Error);
        var replications = Replications.Of(plan, results);
        if (means is not null)
        {
            Replications.Write(means.Stream, replications);
            means.Commit();
        }

        pictures?.Invoke(console.Cancellation);
        if (output.IsJsonOnStandardOutput(parse))
        {
            console.Out.Write(SummaryJson.Text(results));
        }
        else if (!output.IsQuiet(parse))
        {
            SweepReport.Write(replications, console);
        }
    }
}
