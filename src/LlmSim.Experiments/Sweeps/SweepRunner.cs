using System.Globalization;
using System.Text;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;

namespace LlmSim.Experiments.Sweeps;

/// <summary>How a sweep is run, and where its results go.</summary>
/// <param name="Workers">Simulations at the same time, at least 1.</param>
/// <param name="Outputs">
/// Summary files; the names of the per-request results and the samples are those of a point's files but for its hash.
/// </param>
/// <param name="JournalPath">The journal; null for none.</param>
/// <param name="IsResumed">Whether a journal may exist already, whose points are then done.</param>
/// <param name="IsOverwritten">Whether a journal may exist already, whose points are then forgotten.</param>
internal sealed record SweepOptions(
    int Workers,
    OutputPaths Outputs,
    string? JournalPath,
    bool IsResumed,
    bool IsOverwritten = false
);

/// <summary>How far a sweep has come.</summary>
/// <param name="Done">Points with a result, those of an earlier process included.</param>
/// <param name="Total">All points.</param>
/// <param name="DoneBefore">Points that the journal had already.</param>
internal readonly record struct SweepProgress(int Done, int Total, int DoneBefore);

/// <summary>A sweep was interrupted; the message says what is safe.</summary>
internal sealed class SweepInterruptedException(string message) : OperationCanceledException(message);

/// <summary>Runs the points of a plan.</summary>
internal static class SweepRunner
{
    /// <summary>
    /// Simulates all points that the journal does not have and writes the result files, whose rows are in the order of the plan and
    /// do not depend on the number of workers. All inputs are read and checked before the first simulation.
    /// </summary>
    /// <param name="plan">What to simulate.</param>
    /// <param name="options">How.</param>
    /// <param name="onProgress">Called when a point is done, from any thread.</param>
    /// <param name="onWarning">Called with what was damaged since an earlier process wrote it; it is run again.</param>
    /// <param name="cancellation">Stops all simulations; what is finished stays in the journal.</param>
    /// <exception cref="UserErrorException">A configuration, an input, the journal or an output path is wrong.</exception>
    /// <exception cref="SweepInterruptedException">It was cancelled.</exception>
    public static IReadOnlyList<RunResult> Run(
        SweepPlan plan,
        SweepOptions options,
        Action<SweepProgress>? onProgress = null,
        Action<string>? onWarning = null,
        CancellationToken cancellation = default
    )
    {
        using var claims = FileClaims.Begin();
        var pointFiles = new PointFiles(options.Outputs);
        using var files = new OutputSet();
        var csv = options.Outputs.Csv is { } csvPath ? files.Add("--csv_output", csvPath) : null;
        var json = options.Outputs.Json is { } jsonPath ? files.Add("--json", jsonPath) : null;
        var prepared = Load(plan, cancellation);
        foreach (var point in prepared.Points)
        {
            SampleForecast.RequireWithinLimit(options.Outputs.Samples, point.Workload, point.Scenario);
        }

        using var journal = OpenJournal(options);
        var results = new RunResult?[prepared.Points.Count];
        if (journal is not null)
        {
            prepared.Restore(
                journal,
                options.JournalPath!,
                pointFiles,
                results,
                damage => onWarning?.Invoke($"{damage}; what is missing is run again.")
            );
        }

        Simulate(prepared, options, pointFiles, journal, results, onProgress, cancellation);
        var judged = Array.ConvertAll(
            results,
            result => result!.Judged(options.Outputs.Costs, options.Outputs.Required)
        );
        Write(csv, json, judged);
        files.Commit();
        return judged;
    }

    private static PreparedSweep Load(SweepPlan plan, CancellationToken cancellation)
    {
        try
        {
            return PreparedSweep.Load(plan.Points, new SweepInputs(cancellation));
        }
        catch (OperationCanceledException)
        {
            throw new SweepInterruptedException(
                "interrupted while the inputs were read: nothing was written, and a journal is as it was."
            );
        }
    }

    private static Journal? OpenJournal(SweepOptions options) =>
        options.JournalPath is not { } path ? null
        : options.IsResumed ? Journal.Resume(path)
        : options.IsOverwritten ? Journal.Overwrite(path)
        : Journal.Create(path);

    private static void Simulate(
        PreparedSweep sweep,
        SweepOptions options,
        PointFiles files,
        Journal? journal,
        RunResult?[] results,
        Action<SweepProgress>? onProgress,
        CancellationToken cancellation
    )
    {
        var doneBefore = results.Count(result => result is not null);
        var done = doneBefore;
        onProgress?.Invoke(new SweepProgress(done, results.Length, doneBefore));
        try
        {
            Workers.Run(
                options.Workers,
                sweep.Simulations(index => results[index] is null, files.ShowDeadlines),
                Simulate,
                cancellation
            );
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw Interrupted(options, done, results.Length);
        }
        catch (IOException e)
        {
            // A full disk, say.
            throw new UserErrorException($"{e.Message}. {Safe(options, done, results.Length)}", e);
        }

        void Simulate(IReadOnlyList<PreparedPoint> points, CancellationToken stop)
        {
            var entries = SharedSimulation.Run(points, files, stop);
            foreach (var (point, entry) in points.Zip(entries))
            {
                journal?.Commit(point.Hash, point.ConfigurationText, entry);
                results[point.Index] = point.Result(entry.Summary, files) with
                {
                    Verification = files.Verify ? "verified" : null,
                };
                onProgress?.Invoke(
                    new SweepProgress(Interlocked.Increment(ref done), results.Length, doneBefore)
                );
            }
        }
    }

    private static void Write(FileStream? csv, FileStream? json, IReadOnlyList<RunResult> results)
    {
        if (csv is not null)
        {
            SummaryCsv.Write(csv, results);
        }

        json?.Write(Encoding.UTF8.GetBytes(SummaryJson.Text(results)));
    }

    private static SweepInterruptedException Interrupted(SweepOptions options, int done, int total) =>
        new($"interrupted. {Safe(options, done, total)}");

    private static string Safe(SweepOptions options, int done, int total) =>
        options.JournalPath is { } path
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{done} of {total} points are safe in {path}: --resume runs the others."
            )
            : "Nothing was written: there is no journal without a result file.";
}
