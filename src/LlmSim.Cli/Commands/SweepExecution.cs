using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments.Options;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>A sweep from its plan to its table, wherever the plan comes from.</summary>
internal static class SweepExecution
{
    /// <summary>Runs a plan and shows its results.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(SweepPlan plan, ParseResult parse, OutputArguments output, CliConsole console)
    {
        Warn(plan, parse, output, isSweep: true, console);
        if (output.IsPlanOnly(parse))
        {
            SweepReport.WritePlan(plan, console);
            return ExitCode.Success;
        }

        var pictures = output.SweepPictures(parse);
        using var means = output.OpenReplications(parse);
        var report = output.Report(parse);
        using var page = report?.Open();
        IReadOnlyList<RunResult> results;
        using (var progress = new ProgressLine(console, output.IsQuiet(parse)))
        {
            results = SweepRunner.Run(
                plan,
                output.Sweep(parse),
                progress.Report,
                warning => console.Warn([warning]),
                console.Cancellation
            );
        }

        TraceNotices.Write(results.Select(result => result.Trace), console);
        PredictionNotices.Write(results.Select(result => result.Prediction), console);
        if (results.Count(result => result.Verification is not null) is > 0 and var verified)
        {
            console.Error.WriteLine(
                $"llmsim: verified: the figures of {verified} of {results.Count} points are those of their records"
            );
        }

        var replications = Replications.Of(plan, results);
        if (means is not null)
        {
            Replications.Write(means.Stream, replications);
            means.Commit();
        }

        if (page is not null)
        {
            ReportPage.Write(page.Stream, SweepPage.Of(plan, results, report!.Command));
            page.Commit();
        }

        pictures?.Invoke(console.Cancellation);
        if (output.IsJsonOnStandardOutput(parse))
        {
            console.Out.Write(SummaryJson.Text(results));
        }
        else if (!output.IsQuiet(parse))
        {
            Write(plan, results, replications, console);
        }

        return RequirementsReport.Tell(plan.Points.Select(point => point.Name).Zip(results), console);
    }

    /// <summary>Says which options have no effect.</summary>
    /// <exception cref="UserErrorException">One of them is swept.</exception>
    public static void Warn(
        SweepPlan plan,
        ParseResult parse,
        OutputArguments output,
        bool isSweep,
        CliConsole console
    )
    {
        var messages = UnreadOptions.Check(plan, output.ReadByOutputs(parse));
        console.Warn(messages.Concat(output.Unread(parse, isSweep)));
    }

    /// <summary>A single point, which has a journal or files with a hash, is shown as any single run.</summary>
    private static void Write(
        SweepPlan plan,
        IReadOnlyList<RunResult> results,
        IReadOnlyList<Replications> replications,
        CliConsole console
    )
    {
        if (plan.Options.Count > 0)
        {
            SweepReport.Write(replications, console);
            return;
        }

        SummaryReport.Write(results[0], console);
    }
}
