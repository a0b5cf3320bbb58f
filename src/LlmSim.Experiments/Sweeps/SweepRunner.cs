using System.Globalization;
using System.Runtime.ExceptionServices;
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
)
{
    /// <summary>Where the simulations run; null for <see cref="Workers" /> threads of this process.</summary>
    public ISimulationRunner? Runner { get; init; }

    /// <summary>The finished shards of the sweep, whose points are collected; empty for none.</summary>
    public IReadOnlyList<ShardFolder> Shards { get; init; } = [];
}

/// <summary>How far a sweep has come.</summary>
/// <param name="Done">Points with a result, those of an earlier process included.</param>
/// <param name="Total">All points.</param>
/// <param name="DoneBefore">Points that the journal had already.</param>
/// <param name="Workers">Workers at the moment; null where their number is what was asked for.</param>
internal readonly record struct SweepProgress(int Done, int Total, int DoneBefore, int? Workers = null);

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
        var service = options.Outputs.Service is { } servicePath
            ? files.Add(ServiceCsv.Option, servicePath)
            : null;
        var json = options.Outputs.Json is { } jsonPath ? files.Add("--json", jsonPath) : null;
        var prepared = Load(plan, cancellation);
        foreach (var point in prepared.Points)
        {
            SampleForecast.RequireWithinLimit(options.Outputs.Samples, point.Workload, point.Scenario);
        }

        var shards =
            options.Shards.Count == 0 ? null : ShardSet.Open(options.Shards, prepared, options.Outputs);
        using var journal = OpenJournal(options);
        shards?.Collect(journal!, pointFiles);
        var results = new RunResult?[prepared.Points.Count];
        Restore(prepared, options, pointFiles, journal, results, onWarning);
        Simulate(prepared, options, pointFiles, journal, results, _ => true, onProgress, cancellation);
        var judged = Array.ConvertAll(
            results,
            result => result!.Judged(options.Outputs.Costs, options.Outputs.Required)
        );
        Write(csv, service, json, judged);
        files.Commit();
        return judged;
    }

    /// <summary>Simulates the points of one shard. Its journal and the files of its points are in its folder; it has no results.</summary>
    /// <param name="plan">The whole plan.</param>
    /// <param name="options">How, and where the results of the whole will go.</param>
    /// <param name="shard">Which part.</param>
    /// <param name="command">The command without what is the shard's own.</param>
    /// <param name="onProgress">Called when a point is done, from any thread.</param>
    /// <param name="onWarning">Called with what was damaged since an earlier process wrote it; it is run again.</param>
    /// <param name="cancellation">Stops all simulations; what is finished stays in the journal.</param>
    /// <returns>The folder, and how many points the shard has.</returns>
    /// <exception cref="UserErrorException">A configuration, an input, the journal or an output path is wrong.</exception>
    /// <exception cref="SweepInterruptedException">It was cancelled.</exception>
    public static (ShardFolder Folder, int Points) RunShard(
        SweepPlan plan,
        SweepOptions options,
        Shard shard,
        IReadOnlyList<string> command,
        Action<SweepProgress>? onProgress = null,
        Action<string>? onWarning = null,
        CancellationToken cancellation = default
    )
    {
        using var claims = FileClaims.Begin();
        var prepared = Load(plan, cancellation);
        var folder = ShardFolder.Of(options, shard, prepared, command);
        options = folder.Options(options);
        var files = new PointFiles(options.Outputs);
        foreach (var point in prepared.Points)
        {
            SampleForecast.RequireWithinLimit(options.Outputs.Samples, point.Workload, point.Scenario);
        }

        using var journal = OpenJournal(options);
        var results = new RunResult?[prepared.Points.Count];
        Restore(prepared, options, files, journal, results, onWarning);
        folder.Write();
        var indices = prepared.PointsOf(shard, files.ShowDeadlines);
        Simulate(prepared, options, files, journal, results, indices.Contains, onProgress, cancellation);
        return (folder, indices.Count);
    }

    private static void Restore(
        PreparedSweep prepared,
        SweepOptions options,
        PointFiles files,
        Journal? journal,
        RunResult?[] results,
        Action<string>? onWarning
    )
    {
        if (journal is not null)
        {
            prepared.Restore(
                journal,
                options.JournalPath!,
                files,
                results,
                damage => onWarning?.Invoke($"{damage}; what is missing is run again.")
            );
        }
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
        Func<int, bool> isChosen,
        Action<SweepProgress>? onProgress,
        CancellationToken cancellation
    )
    {
        var total = results.Index().Count(entry => isChosen(entry.Index));
        var doneBefore = results.Index().Count(entry => isChosen(entry.Index) && entry.Item is not null);
        var done = doneBefore;
        var runner = options.Runner ?? new LocalRunner(options.Workers);
        onProgress?.Invoke(new SweepProgress(done, total, doneBefore));
        try
        {
            runner.Run(
                new SimulationWork(
                    sweep.Study,
                    [
                        .. sweep.Simulations(
                            index => results[index] is null && isChosen(index),
                            files.ShowDeadlines
                        ),
                    ],
                    files,
                    Done,
                    (_, error) => ExceptionDispatchInfo.Throw(error)
                ),
                cancellation
            );
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw Interrupted(options, done, total);
        }
        catch (IOException e)
        {
            // A full disk, say.
            throw new UserErrorException($"{e.Message}. {Safe(options, done, total)}", e);
        }

        void Done(IReadOnlyList<SimulatedPoint> points)
        {
            journal?.Commit([
                .. points.Select(p => new FinishedPoint(p.Point.Hash, p.Point.ConfigurationText, p.Entry)),
            ]);
            foreach (var (point, entry) in points)
            {
                results[point.Index] = point.Result(entry.Summary, files) with
                {
                    Verification = files.Verify ? "verified" : null,
                };
            }

            onProgress?.Invoke(
                new SweepProgress(Interlocked.Add(ref done, points.Count), total, doneBefore, runner.Workers)
            );
        }
    }

    private static void Write(
        FileStream? csv,
        FileStream? service,
        FileStream? json,
        IReadOnlyList<RunResult> results
    )
    {
        if (csv is not null)
        {
            SummaryCsv.Write(csv, results);
        }

        if (service is not null)
        {
            ServiceCsv.Write(service, results);
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
