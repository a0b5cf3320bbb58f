using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Options;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>A sweep from its plan to its table, wherever the plan comes from.</summary>
internal static class SweepExecution
{
    /// <summary>Runs a plan, or one shard of it, and shows its results.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="parse">The command line.</param>
    /// <param name="output">Its options.</param>
    /// <param name="shards">The shards whose points are collected, all of them; empty where the points are run.</param>
    /// <param name="console">Is told.</param>
    /// <returns>The exit code.</returns>
    public static int Run(
        SweepPlan plan,
        ParseResult parse,
        OutputArguments output,
        IReadOnlyList<ShardFolder> shards,
        CliConsole console
    )
    {
        Warn(plan, parse, output, isSweep: true, console);
        if (output.IsPlanOnly(parse))
        {
            SweepReport.WritePlan(plan, console);
            return ExitCode.Success;
        }

        if (output.ShardOf(parse) is { } shard)
        {
            return RunShard(plan, shard, parse, output, console);
        }

        var pictures = output.SweepPictures(parse);
        using var means = output.OpenReplications(parse);
        var report = output.Report(parse);
        using var page = report?.Open();
        IReadOnlyList<RunResult> results;
        var runner = shards.Count == 0 ? output.Queue(parse, plan, console) : null;
        using var connection = runner as IDisposable;
        var options = output.Sweep(parse) with { Shards = shards, Runner = runner };
        if (shards.Count > 0)
        {
            options = options with { IsResumed = true };
        }

        using (var progress = new ProgressLine(console, output.IsQuiet(parse)))
        {
            results = SweepRunner.Run(
                plan,
                options,
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

    private static int RunShard(
        SweepPlan plan,
        Shard shard,
        ParseResult parse,
        OutputArguments output,
        CliConsole console
    )
    {
        using var progress = new ProgressLine(console, output.IsQuiet(parse));
        var (folder, points) = SweepRunner.RunShard(
            plan,
            output.Sweep(parse),
            shard,
            output.CommandOfShards(parse),
            progress.Report,
            warning => console.Warn([warning]),
            console.Cancellation
        );
        if (!output.IsQuiet(parse))
        {
            var all = CommandLineText.Quoted(Path.GetDirectoryName(folder.Path)!);
            console.Out.WriteLine(
                $"shard {shard}: {Figures.Count(points)} of {Figures.Count(plan.Points.Count)} points are in {folder.Path}. When all shards are: llmsim merge {all}/*"
            );
        }

        return ExitCode.Success;
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
