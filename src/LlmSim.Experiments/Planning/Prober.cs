using LlmSim.Experiments.Results;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Planning;

/// <summary>Simulates what a search asks for, some at a time, and remembers it: in a journal too, if there is one.</summary>
/// <param name="question">What is asked.</param>
/// <param name="journal">Has the runs of earlier processes, and gets those of this one; null for none.</param>
/// <param name="runner">Where they run.</param>
/// <param name="cancellation">Stops all; what is finished is in the journal.</param>
internal sealed class Prober(
    PlanQuestion question,
    Journal? journal,
    ISimulationRunner runner,
    CancellationToken cancellation
)
{
    private static readonly PointFiles s_noFiles = new(new OutputPaths());

    private readonly SweepInputs _inputs = new(cancellation);
    private readonly Dictionary<Probe, Judgement> _judgements = [];
    private readonly string _study = StudyOf(question);
    private readonly IReadOnlyDictionary<string, JournalEntry> _known =
        journal?.Entries() ?? new Dictionary<string, JournalEntry>(StringComparer.Ordinal);

    /// <summary>Runs that were simulated now.</summary>
    public int Simulated { get; private set; }

    /// <summary>Runs that the journal had.</summary>
    public int Remembered { get; private set; }

    /// <summary>Requests of all runs.</summary>
    public long Requests { get; private set; }

    /// <summary>Clusters whose figures under load are known, each as its longest runs judge it.</summary>
    public IReadOnlyList<Judgement> UnderLoad =>
        [
            .. _judgements
                .Values.Where(judged => judged.Probe.Level != ProbeLevel.Idle && judged.Results.Count > 0)
                .GroupBy(judged => (judged.Probe.Candidate, judged.Probe.Rate))
                .Select(group => group.MaxBy(judged => judged.Probe.Level)!),
        ];

    /// <summary>Clusters that were simulated under load.</summary>
    public int ClustersUnderLoad =>
        _judgements
            .Values.Where(judged => judged.Probe.Level != ProbeLevel.Idle && !judged.IsError)
            .Select(judged => (judged.Probe.Candidate, judged.Probe.Rate))
            .Distinct()
            .Count();

    /// <summary>Called after each run, from any thread: how many there will be is not known.</summary>
    public Action<SweepProgress>? OnRun { get; init; }

    /// <summary>Judges each probe: simulations run at the same time, and what they give does not depend on their order.</summary>
    /// <exception cref="UserErrorException">The workload or another input is wrong.</exception>
    public IReadOnlyList<Judgement> Judge(IReadOnlyList<Probe> probes)
    {
        var open = probes
            .Distinct()
            .Where(probe => !_judgements.ContainsKey(probe))
            .Select(probe => new Runs(probe))
            .ToList();
        for (var wanted = open; wanted.Count > 0; )
        {
            Run([.. wanted.SelectMany(runs => Missing(runs))]);
            wanted = [.. wanted.Where(runs => !IsEnough(runs))];
        }

        foreach (var runs in open)
        {
            _judgements.Add(runs.Probe, JudgementOf(runs));
        }

        return [.. probes.Select(probe => _judgements[probe])];
    }

    private Judgement JudgementOf(Runs runs) =>
        runs.Error is { } error ? Judgement.OfError(runs.Probe, error)
        : runs.Ended is { } ended ? Judgement.OfEnded(runs.Probe, ended.Slo, ended.Summary)
        : Judgement.Of(runs.Probe, runs.Results, question);

    private bool IsEnough(Runs runs) =>
        runs.Error is not null
        || runs.Ended is not null
        || runs.Probe.Level != ProbeLevel.Full
        || runs.Results.Count >= question.MaxReplications
        || JudgementOf(runs).IsDecided;

    /// <summary>The next seeds of a probe.</summary>
    private IEnumerable<(Runs Runs, int Seed)> Missing(Runs runs)
    {
        const int More = 2;
        var done = runs.Results.Count;
        var count =
            runs.Probe.Level != ProbeLevel.Full ? 1
            : done == 0 ? question.MinReplications
            : Math.Min(More, question.MaxReplications - done);
        return Enumerable.Range(done, count).Select(seed => (runs, seed));
    }

    private void Run(IReadOnlyList<(Runs Runs, int Seed)> wanted)
    {
        var done = new JournalEntry?[wanted.Count];
        var points = new PreparedPoint?[wanted.Count];
        // Two probes may ask for the same run.
        var todo = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        for (var i = 0; i < wanted.Count; i++)
        {
            var (runs, seed) = wanted[i];
            if (runs.Error is not null || Prepare(runs, seed) is not { } point)
            {
                continue;
            }

            points[i] = point with
            {
                EndsBy = EarlyEnd.Of(question, runs.Probe.Level, point, CountOf(runs.Probe.Level)),
            };
            done[i] = EarlyEnd.Find(points[i]!, _known);
            if (done[i] is null)
            {
                var hash = EarlyEnd.HashOf(points[i]!);
                todo.TryAdd(hash, []);
                todo[hash].Add(i);
            }
        }

        Remembered += done.Count(entry => entry is not null);
        runner.Run(
            new SimulationWork(
                _study,
                [.. todo.Select(run => (PreparedPoint[])[points[run.Value[0]]! with { Hash = run.Key }])],
                s_noFiles,
                Done,
                (failed, error) =>
                    todo[failed[0].Hash].ForEach(index => wanted[index].Runs.Error = error.Message)
            ),
            cancellation
        );
        for (var i = 0; i < wanted.Count; i++)
        {
            if (done[i] is { } entry)
            {
                wanted[i].Runs.Add(points[i]!, entry);
                Requests += entry.Summary.Requests;
            }
        }

        void Done(IReadOnlyList<SimulatedPoint> simulated)
        {
            var finished = new List<FinishedPoint>();
            foreach (var (run, entry) in simulated)
            {
                var indices = todo[run.Hash];
                indices.ForEach(index => done[index] = entry);
                var key = EarlyEnd.KeyOf(points[indices[0]]!, entry.Missed);
                finished.Add(new FinishedPoint(key, run.ConfigurationText, entry));
            }

            journal?.Commit(finished);
            lock (todo)
            {
                Simulated += finished.Count;
            }

            OnRun?.Invoke(new SweepProgress(Simulated + Remembered, 0, Remembered, runner.Workers));
        }
    }

    /// <summary>The point of a seed; null where the cluster cannot be built, which the runs then know.</summary>
    private PreparedPoint? Prepare(Runs runs, int seed)
    {
        PreparedSweep sweep;
        try
        {
            sweep = PreparedSweep.Load([new SweepPoint([], Configuration(runs.Probe, seed))], _inputs);
        }
        catch (UserErrorException e)
        {
            runs.Error = e.Message;
            return null;
        }

        journal?.RequireUnchanged(sweep.Inputs);
        return sweep.Points[0];
    }

    private RunConfiguration Configuration(Probe probe, int seed)
    {
        var configuration = probe.Candidate.Shape.Setup.ApplyTo(question.Base) with
        {
            ClusterContent = probe.Candidate.Shape.ClusterFile(probe.Candidate.Size),
            Seed = question.Base.Seed + seed,
            RequestCount = CountOf(probe.Level),
            LambdaArrival = probe.Rate ?? question.Base.LambdaArrival,
        };
        return probe.Level == ProbeLevel.Idle
            ? configuration with
            {
                Concurrency = 1,
                Arrivals = null,
                LambdaArrival = null,
            }
            : configuration;
    }

    private int CountOf(ProbeLevel level) =>
        Math.Min(
            level == ProbeLevel.Full ? question.FullRequests : question.ShortRequests,
            question.Base.RequestCount ?? int.MaxValue
        );

    /// <summary>The same for the same question.</summary>
    private static string StudyOf(PlanQuestion question) =>
        InputFingerprint.HashText(
            string.Join(
                '\n',
                [
                    SummaryJson.Text(question.Base),
                    FormattableString.Invariant(
                        $"{question.Objective} {question.MaxAccelerators} {question.BudgetPerHour} {question.ShortRequests} {question.FullRequests} {question.MinReplications} {question.MaxReplications} {question.EndsRunsEarly}"
                    ),
                    .. question.Slos.Select(slo => $"{slo}"),
                    .. question.Shapes.Select(shape => shape.Name),
                ]
            )
        );

    /// <summary>The runs of a probe so far.</summary>
    private sealed class Runs(Probe probe)
    {
        public Probe Probe => probe;

        public List<RunResult> Results { get; } = [];

        /// <summary>What ended a run, the first in the order of seeds.</summary>
        public (SloTerm Slo, RunSummary Summary)? Ended { get; private set; }

        public string? Error { get; set; }

        public void Add(PreparedPoint point, JournalEntry entry)
        {
            if (entry.Missed is { } slo)
            {
                Ended ??= (slo, entry.Summary);
            }
            else
            {
                Results.Add(point.Result(entry.Summary, s_noFiles));
            }
        }
    }
}
