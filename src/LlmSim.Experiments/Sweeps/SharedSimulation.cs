using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Sweeps;

/// <summary>One simulation for the points that differ only in SLOs that decide nothing in it.</summary>
internal static class SharedSimulation
{
    /// <summary>Simulates, and gives each point's per-request file its name.</summary>
    /// <returns>An entry for each point.</returns>
    public static IReadOnlyList<JournalEntry> Run(
        IReadOnlyList<PreparedPoint> points,
        PointRequestsFiles? requests,
        CancellationToken cancellation
    )
    {
        var members = new List<Member>();
        try
        {
            foreach (var point in points)
            {
                members.Add(new Member(point, requests));
            }

            var workload = points[0].Workload.ToRequests();
            var measured = LeftOut.Window(points[0].Point.Configuration, workload);
            var summary = Simulator.Run(
                points[0].Scenario with
                {
                    Measured = measured,
                },
                workload,
                requests is null ? null : record => members.ForEach(member => member.Add(record)),
                attainments: [.. members.Select(member => member.Attainment)],
                cancellation: cancellation
            );
            return [.. members.Select(member => member.Complete(summary))];
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
        private readonly string? _fileName;
        private readonly OutputFile? _file;
        private readonly RequestsWriter? _writer;

        public Member(PreparedPoint point, PointRequestsFiles? requests)
        {
            var configuration = point.Point.Configuration;
            Attainment = new SloAttainment(configuration.TtftSloSeconds, configuration.TpotSloSeconds);
            if (requests is not null)
            {
                _fileName = requests.Name(point);
                _file = requests.Open(point);
                _writer = requests.Writer(point, _file.Stream);
            }
        }

        public SloAttainment Attainment { get; }

        public void Add(RequestRecord record) => _writer?.Add(record);

        public JournalEntry Complete(RunSummary summary)
        {
            _writer?.Complete();
            var bytes = _file?.Stream.Length ?? 0;
            _file?.Commit();
            return new JournalEntry(Attainment.ApplyTo(summary), _fileName, bytes);
        }

        public void Dispose() => _file?.Dispose();
    }
}
