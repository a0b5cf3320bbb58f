using System.Text.Json;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Workloads;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A point with all that it needs, loaded and checked.</summary>
/// <param name="Index">Its place in the plan, from 0.</param>
/// <param name="Point">What was asked for, with what was left to the workload.</param>
/// <param name="Scenario">With policies of its own: it runs once.</param>
/// <param name="Prediction">What its times rest on.</param>
/// <param name="Workload">Its requests.</param>
/// <param name="Facts">What the workload is.</param>
/// <param name="ConfigurationText">The configuration as canonical JSON.</param>
/// <param name="InputsHash">SHA-256 of the content of all inputs, wherever they are.</param>
/// <param name="Hash">SHA-256 of the configuration and of the content of all inputs.</param>
internal sealed record PreparedPoint(
    int Index,
    SweepPoint Point,
    Scenario Scenario,
    Prediction Prediction,
    WorkloadOptions Workload,
    WorkloadFacts Facts,
    string ConfigurationText,
    string InputsHash,
    string Hash
)
{
    /// <summary>What ends its simulation before the last request; null for nothing.</summary>
    public MissRule? EndsBy { get; init; }

    /// <summary>The point's result from its figures, with the names of its files.</summary>
    public RunResult Result(RunSummary summary, PointFiles files)
    {
        var names = files.Names(this);
        return new(
            ProductVersion.Text,
            Point.Configuration,
            Scenario.PrefillInstances,
            Scenario.DecodeInstances,
            summary,
            names.GetValueOrDefault(OutputPaths.RequestsOption)
        )
        {
            MixedInstances = Scenario.MixedInstances,
            EncodeInstances = Scenario.EncodeInstances.Count == 0 ? null : Scenario.EncodeInstances,
            Precision = ServedModels.DescribePrecision(Scenario),
            Prediction = Prediction,
            Notices = ServedModels.Notices(Scenario),
            QueueStatesFile = names.GetValueOrDefault(SampleOptions.QueueStatesOption),
            MemoryUsageFile = names.GetValueOrDefault(SampleOptions.MemoryUsageOption),
            Trace = Facts.Trace,
            ArrivalsReason = Facts.Arrivals.Reason,
        };
    }
}

/// <summary>All points of a plan, with their inputs loaded and checked.</summary>
internal sealed class PreparedSweep
{
    private readonly Dictionary<string, InputFingerprint> _inputs = new(StringComparer.Ordinal);
    private readonly PreparedPoint[] _points;

    private PreparedSweep(IReadOnlyList<SweepPoint> points, SweepInputs inputs)
    {
        _points =
        [
            .. points.Select(
                (point, index) =>
                {
                    inputs.Cancellation.ThrowIfCancellationRequested();
                    return Prepare(index, point, inputs);
                }
            ),
        ];
    }

    /// <summary>In the order of the plan.</summary>
    public IReadOnlyList<PreparedPoint> Points => _points;

    /// <summary>What its points read.</summary>
    public IReadOnlyCollection<InputFingerprint> Inputs => _inputs.Values;

    /// <summary>Reads every input of every point that was not read before.</summary>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static PreparedSweep Load(IReadOnlyList<SweepPoint> points, SweepInputs inputs) =>
        new(points, inputs);

    /// <summary>
    /// The simulations that give the chosen points their results: points that differ only in their SLOs share one, unless a
    /// policy may look at deadlines or their files show them.
    /// </summary>
    public IEnumerable<IReadOnlyList<PreparedPoint>> Simulations(
        Func<int, bool> isChosen,
        bool filesShowDeadlines = false
    ) =>
        _points
            .Where(point => isChosen(point.Index))
            .GroupBy(point => SharingKey(point, filesShowDeadlines))
            .Select(group => group.ToArray());

    /// <summary>What tells this sweep from all others: its points with their inputs, and the simulator.</summary>
    public string Study => InputFingerprint.HashText(string.Join('\n', _points.Select(point => point.Hash)));

    /// <summary>
    /// The points of a shard, by their index. Simulations are dealt out in the order of their hashes, so that no option decides
    /// which shard has them.
    /// </summary>
    public IReadOnlySet<int> PointsOf(Shard shard, bool filesShowDeadlines) =>
        Simulations(_ => true, filesShowDeadlines)
            .OrderBy(points => points[0].Hash, StringComparer.Ordinal)
            .Where((_, place) => place % shard.Count == shard.Number - 1)
            .SelectMany(points => points)
            .Select(point => point.Index)
            .ToHashSet();

    /// <summary>Fills in the results that the journal has.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="files">The files that are asked for.</param>
    /// <param name="results">By the index of their points; what is not filled in is to be run.</param>
    /// <param name="onDamage">Is told of what is not what was written, and is therefore not used.</param>
    /// <exception cref="UserErrorException">The journal is of other inputs, or of another sweep.</exception>
    public void Restore(
        Journal journal,
        string path,
        PointFiles files,
        RunResult?[] results,
        Action<string> onDamage
    )
    {
        journal.RequireUnchanged(_inputs.Values);
        var entries = journal.Entries();
        foreach (var row in journal.Damaged)
        {
            onDamage(
                $"{path}: row {row.Row} of {row.Table}{NameOf(row)} does not match its checksum and is not used"
            );
        }

        var isOfOthers =
            entries.Count > 0 && !Array.Exists(_points, point => entries.ContainsKey(point.Hash));
        // The points of this sweep may be those that were damaged.
        if (isOfOthers && journal.Damaged.Count == 0)
        {
            throw OtherSweep(path, journal.FirstConfiguration()!);
        }

        foreach (var point in _points)
        {
            // A point is done only when the files that are asked for are there.
            if (entries.TryGetValue(point.Hash, out var entry) && files.AreThere(point, entry, onDamage))
            {
                results[point.Index] = point.Result(entry.Summary, files);
            }
        }
    }

    private string NameOf(DamagedRow row) =>
        Array.Find(_points, point => point.Hash == row.Key) is { Point.Name: { Length: > 0 } name }
            ? $" ({name})"
            : "";

    private PreparedPoint Prepare(int index, SweepPoint point, SweepInputs inputs)
    {
        var configuration = point.Configuration;
        try
        {
            var files = new List<InputFingerprint>();
            var (scenario, prediction) = Experiment.CreatePredicted(
                configuration,
                new PerformanceFiles(
                    folder =>
                    {
                        var profile = inputs.Profiles.Get(folder);
                        files.Add(profile.Fingerprint);
                        return profile.Measurements;
                    },
                    (path, hardware) => inputs.Kernels.Get(path, hardware).Kernels,
                    text =>
                    {
                        var model = inputs.Own.Get(text);
                        files.Add(OwnPerformanceStore.Fingerprint(model));
                        return model;
                    }
                )
            );
            files.AddRange(inputs.Kernels.Fingerprints(configuration, scenario));
            if (configuration.Mix is { } mix)
            {
                files.Add(new InputFingerprint($"mix {mix}", FileHash.OfFileOrFolder(mix)));
                files.AddRange(
                    Experiment
                        .CreateWorkload(configuration)
                        .MixTraces()
                        .Select(path => new InputFingerprint(
                            $"trace {path} of {mix}",
                            FileHash.OfFileOrFolder(path)
                        ))
                );
            }

            if (configuration.RateProfile is { } rates)
            {
                files.Add(new InputFingerprint($"rates {rates}", FileHash.OfFileOrFolder(rates)));
            }

            var trace = inputs.Traces.Get(configuration, scenario.SharesPrefixes);
            var workload = Experiment.CreateWorkload(configuration) with { ParsedTrace = trace?.Parsed };
            // Options that do not go together are found here rather than hours later.
            WorkloadFacts? facts = null;
            _ = workload.ToRequests(known => facts = known);
            LeftOut.RequireValid(configuration);
            configuration = Experiment.WithFacts(configuration, facts!);
            point = point with { Configuration = configuration };
            files.AddRange(trace is null ? [] : [trace.Fingerprint]);
            var read = InputFingerprint.Of(configuration, scenario, files);
            foreach (var input in read)
            {
                _inputs[input.Name] = input;
            }

            var text = SummaryJson.Text(configuration);
            var content = string.Join('\n', read.Select(input => input.Content));
            return new PreparedPoint(
                index,
                point,
                scenario,
                prediction,
                workload,
                facts!,
                text,
                InputFingerprint.HashText(content),
                InputFingerprint.HashText($"{text}\n{content}")
            );
        }
        catch (UserErrorException e) when (point.Settings.Count > 0)
        {
            throw new UserErrorException($"{point.Name}: {e.Message}", e);
        }
    }

    /// <summary>What decides the simulation: no policy is ever told the TPOT SLO, and few look at TTFT deadlines.</summary>
    private static RunConfiguration SharingKey(PreparedPoint point, bool filesShowDeadlines) =>
        HasFiguresBySlo(point.Point.Configuration) || point.Scenario.OtherModels.Count > 0
            ? point.Point.Configuration
            : SharingKeyOf(point, filesShowDeadlines);

    /// <summary>Autoscalers may look at attainment, and figures by class and model are of the SLOs of the run.</summary>
    private static bool HasFiguresBySlo(RunConfiguration configuration) =>
        configuration is { Autoscale: not null } or { Mix: not null } or { TraceOptions.Columns: not null };

    private static RunConfiguration SharingKeyOf(PreparedPoint point, bool filesShowDeadlines) =>
        point.Point.Configuration with
        {
            TpotSloSeconds = 0,
            TtftSloSeconds =
                point.Scenario.Policies.IgnoresTtftDeadline && !filesShowDeadlines
                    ? 0
                    : point.Point.Configuration.TtftSloSeconds,
        };

    /// <summary>Names the first option in which a journal without a point of this sweep differs from it.</summary>
    private UserErrorException OtherSweep(string path, string firstConfiguration)
    {
        using var former = JsonDocument.Parse(firstConfiguration);
        using var now = JsonDocument.Parse(_points[0].ConfigurationText);
        var difference = now
            .RootElement.EnumerateObject()
            .Where(member =>
                !former.RootElement.TryGetProperty(member.Name, out var value)
                || value.GetRawText() != member.Value.GetRawText()
            )
            .Select(member =>
                $": {member.Name} was {(former.RootElement.TryGetProperty(member.Name, out var value) ? value.GetRawText() : "not there")}, "
                + $"it is {member.Value.GetRawText()}"
            )
            .FirstOrDefault("");
        return new UserErrorException(
            $"{path}: is the journal of another sweep{difference}. Resume with that, or give another --checkpoint_path."
        );
    }
}
