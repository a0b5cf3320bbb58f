using System.Text.Json;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Workloads;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A point with all that it needs, loaded and checked.</summary>
/// <param name="Index">Its place in the plan, from 0.</param>
/// <param name="Point">What was asked for.</param>
/// <param name="Scenario">With policies of its own: it runs once.</param>
/// <param name="Workload">Its requests.</param>
/// <param name="ConfigurationText">The configuration as canonical JSON.</param>
/// <param name="Hash">SHA-256 of that and of the content of all inputs.</param>
internal sealed record PreparedPoint(
    int Index,
    SweepPoint Point,
    Scenario Scenario,
    WorkloadOptions Workload,
    string ConfigurationText,
    string Hash
)
{
    /// <summary>The point's result from what the simulation or the journal has of it.</summary>
    public RunResult Result(JournalEntry entry) =>
        new(
            ProductVersion.Text,
            Point.Configuration,
            Scenario.PrefillInstances,
            Scenario.DecodeInstances,
            entry.Summary,
            entry.RequestsFile
        )
        {
            MixedInstances = Scenario.MixedInstances,
        };
}

/// <summary>All points of a plan, with their inputs loaded and checked.</summary>
internal sealed class PreparedSweep
{
    private readonly Dictionary<string, InputFingerprint> _inputs = new(StringComparer.Ordinal);
    private readonly PreparedPoint[] _points;

    private PreparedSweep(SweepPlan plan)
    {
        var traces = new TraceStore();
        var profiles = new ProfileStore();
        _points = [.. plan.Points.Select((point, index) => Prepare(index, point, traces, profiles))];
    }

    /// <summary>In the order of the plan.</summary>
    public IReadOnlyList<PreparedPoint> Points => _points;

    /// <summary>Reads every input of every point.</summary>
    /// <exception cref="UserErrorException">One is wrong.</exception>
    public static PreparedSweep Load(SweepPlan plan) => new(plan);

    /// <summary>
    /// The simulations that give the chosen points their results: points that differ only in their SLOs share one, unless a
    /// policy may look at deadlines.
    /// </summary>
    public IEnumerable<IReadOnlyList<PreparedPoint>> Simulations(Func<int, bool> isChosen) =>
        _points.Where(point => isChosen(point.Index)).GroupBy(SharingKey).Select(group => group.ToArray());

    /// <summary>Fills in the results that the journal has.</summary>
    /// <exception cref="UserErrorException">The journal is of other inputs, or of another sweep.</exception>
    public void Restore(Journal journal, string path, PointRequestsFiles? requests, RunResult?[] results)
    {
        journal.RequireUnchanged(_inputs.Values);
        var entries = journal.Entries();
        if (entries.Count > 0 && !Array.Exists(_points, point => entries.ContainsKey(point.Hash)))
        {
            throw OtherSweep(path, journal.FirstConfiguration()!);
        }

        foreach (var point in _points)
        {
            // Without its per-request file a point is not done, if files are wanted.
            if (
                entries.TryGetValue(point.Hash, out var entry)
                && (requests is null || requests.IsThere(entry))
            )
            {
                results[point.Index] = point.Result(
                    requests is null ? entry with { RequestsFile = null } : entry
                );
            }
        }
    }

    private PreparedPoint Prepare(int index, SweepPoint point, TraceStore traces, ProfileStore profiles)
    {
        var configuration = point.Configuration;
        try
        {
            var files = new List<InputFingerprint>();
            var scenario = Experiment.CreateScenario(
                configuration,
                folder =>
                {
                    var profile = profiles.Get(folder);
                    files.Add(profile.Fingerprint);
                    return profile.Measurements;
                }
            );
            var trace = traces.Get(configuration, scenario.SharesPrefixes);
            var workload = Experiment.CreateWorkload(configuration) with { ParsedTrace = trace?.Requests };
            // Options that do not go together are found here rather than hours later.
            _ = workload.ToRequests();
            LeftOut.RequireValid(configuration);
            files.AddRange(trace is null ? [] : [trace.Fingerprint]);
            var inputs = InputFingerprint.Of(configuration, scenario, files);
            foreach (var input in inputs)
            {
                _inputs[input.Name] = input;
            }

            var text = SummaryJson.Text(configuration);
            var hash = InputFingerprint.HashText(
                string.Join('\n', inputs.Select(input => input.Content).Prepend(text))
            );
            return new PreparedPoint(index, point, scenario, workload, text, hash);
        }
        catch (UserErrorException e) when (point.Settings.Count > 0)
        {
            throw new UserErrorException($"{point.Name}: {e.Message}", e);
        }
    }

    /// <summary>What decides the simulation: no policy is ever told the TPOT SLO, and few look at TTFT deadlines.</summary>
    private static RunConfiguration SharingKey(PreparedPoint point) =>
        point.Point.Configuration with
        {
            TpotSloSeconds = 0,
            TtftSloSeconds = point.Scenario.Policies.IgnoresTtftDeadline
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
