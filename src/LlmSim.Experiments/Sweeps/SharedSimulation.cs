using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Steady;
using LlmSim.Experiments.Verification;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Sweeps;

/// <summary>One simulation for the points that differ only in SLOs that decide nothing in it.</summary>
internal static class SharedSimulation
{
    private static readonly RunSummary s_nothing = new MetricsRecorder(
        TpotDefinition.BetweenTokens,
        ttftSloSeconds: 0,
        tpotSloSeconds: 0,
        onRequest: null
    ).Summarize(_ => [], new Dictionary<string, long>(), 0, 0, pagedCache: null, 0);

    /// <summary>Simulates, and gives each point's files their names.</summary>
    /// <param name="points">The points.</param>
    /// <param name="files">Their files.</param>
    /// <param name="cancellation">Stops the run.</param>
    /// <returns>An entry for each point; of a run that an SLO has ended, how far it came.</returns>
    public static IReadOnlyList<JournalEntry> Run(
        IReadOnlyList<PreparedPoint> points,
        PointFiles files,
        CancellationToken cancellation
    )
    {
        var members = new List<Member>();
        try
        {
            foreach (var point in points)
            {
                members.Add(new Member(point, files));
            }

            var workload = points[0].Workload.ToRequests();
            var configuration = points[0].Point.Configuration;
            var measured = LeftOut.Window(
                configuration,
                workload,
                () => SteadyState.WarmUp(configuration, points[0].Scenario, workload, cancellation)
            );
            var scenario = points[0].Scenario with { Measured = measured };
            var verification = files.Verify ? new RunVerification(scenario) : null;
            var sampling = members[0].Samples.Plan is { } plan
                ? plan with
                {
                    OnSample = sample => members.ForEach(member => member.Samples.Add(sample)),
                }
                : null;
            Action<RequestRecord>? onRequest = points[0].EndsBy is { } rule
                ? new MissWatch(rule, configuration.TtftSloSeconds, configuration.TpotSloSeconds).Add
                : null;
            if (members.Exists(member => member.WritesRequests))
            {
                onRequest += record => members.ForEach(member => member.Add(record));
            }

            var summary = Simulator.Watch(
                scenario,
                workload,
                verification is null ? onRequest : onRequest + verification.Add,
                sampling: verification is null ? sampling : verification.Watch(sampling),
                attainments: [.. members.Select(member => member.Attainment)],
                cancellation: cancellation
            );
            return
            [
                .. members.Select(member =>
                {
                    member.Require(verification, summary);
                    return member.Complete(summary);
                }),
            ];
        }
        catch (SurelyMissedException miss)
        {
            var summary = s_nothing with
            {
                Requests = miss.Requests,
                RequestsPerSecond = miss.RequestsPerSecond,
            };
            return [.. points.Select(_ => new JournalEntry(summary, []) { Missed = miss.Slo })];
        }
        catch (UserErrorException e) when (points[0].Point.Name.Length > 0)
        {
            throw new UserErrorException($"{points[0].Point.Name}: {e.Message}", e);
        }
        finally
        {
            members.ForEach(member => member.Dispose());
        }
    }

    /// <summary>What one point takes from the simulation.</summary>
    private sealed class Member : IDisposable
    {
        private readonly PreparedPoint _point;
        private readonly PointFiles _pointFiles;
        private readonly OutputSet _files;
        private readonly RequestsWriter? _requests;

        public Member(PreparedPoint point, PointFiles files)
        {
            (_point, _pointFiles) = (point, files);
            _files = new OutputSet(isDurable: !files.ArePassedOn);
            var configuration = point.Point.Configuration;
            var outputs = files.Of(point);
            Attainment = new SloAttainment(configuration.TtftSloSeconds, configuration.TpotSloSeconds);
            try
            {
                _requests = Experiment.OpenRequests(_files, outputs.Requests, configuration, point.Scenario);
                Samples = new SampleRecorder(_files, outputs.Samples, keep: false);
            }
            catch
            {
                _files.Dispose();
                throw;
            }
        }

        public SampleRecorder Samples { get; }

        public SloAttainment Attainment { get; }

        public bool WritesRequests => _requests is not null;

        public void Add(RequestRecord record) => _requests?.Add(record);

        /// <summary>States that the point's figures are those of the records.</summary>
        public void Require(RunVerification? verification, RunSummary summary)
        {
            var configuration = _point.Point.Configuration;
            _ = verification?.Require(
                Attainment.ApplyTo(summary),
                configuration.TtftSloSeconds,
                configuration.TpotSloSeconds
            );
        }

        public JournalEntry Complete(RunSummary summary)
        {
            _requests?.Complete();
            Samples.Complete();
            _files.Commit();
            return new JournalEntry(Attainment.ApplyTo(summary), _pointFiles.Written(_point));
        }

        public void Dispose() => _files.Dispose();
    }
}
