using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Planning;

/// <summary>When a run of a plan may end before its last request, and how a journal has one that did.</summary>
/// <param name="terms">The SLOs that are watched.</param>
/// <param name="requests">Most requests of the run.</param>
/// <param name="runs">Runs whose mean is judged.</param>
internal sealed class EarlyEnd(IReadOnlyList<WatchedTerm> terms, int requests, int runs)
{
    private static readonly RunSummary s_nothing = new MetricsRecorder(
        TpotDefinition.BetweenTokens,
        ttftSloSeconds: 0,
        tpotSloSeconds: 0,
        onRequest: null
    ).Summarize(_ => [], new Dictionary<string, long>(), 0, 0, pagedCache: null, 0);

    /// <summary>What ends the run of a point; null where nothing may: idle clusters are soon simulated, and their figures say what no number of instances mends.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="level">One run alone judges a short one, the mean of several a long one.</param>
    /// <param name="point">The run.</param>
    /// <param name="requests">Most requests of it.</param>
    public static EarlyEnd? Of(PlanQuestion question, ProbeLevel level, PreparedPoint point, int requests)
    {
        if (!question.EndsRunsEarly || level == ProbeLevel.Idle)
        {
            return null;
        }

        WatchedTerm[] terms =
        [
            .. question.Required.Select(slo => new WatchedTerm(
                slo,
                question.IsInsideError ? Beyond(TermJudgement.UpperRatioOf(slo, point.Prediction)) : 1
            )),
        ];
        return terms.Length == 0
            ? null
            : new EarlyEnd(terms, requests, level == ProbeLevel.Full ? question.MaxReplications : 1);
    }

    /// <summary>Watches a new run of the point.</summary>
    public MissWatch Watch(PreparedPoint point) => new(terms, point.Point.Configuration, requests, runs);

    /// <summary>What the journal has of a run that was ended, with the SLO that it misses; null for nothing.</summary>
    public (SloTerm Slo, RunSummary Summary)? Find(
        PreparedPoint point,
        IReadOnlyDictionary<string, JournalEntry> known
    )
    {
        foreach (var term in terms)
        {
            if (known.TryGetValue(KeyOf(point, term.Slo), out var entry))
            {
                return (term.Slo, entry.Summary);
            }
        }

        return null;
    }

    /// <summary>Puts a run that was ended into a journal, as what only questions with these SLOs may use.</summary>
    public RunSummary Commit(PreparedPoint point, SurelyMissedException miss, Journal? journal)
    {
        var summary = s_nothing with { Requests = miss.Requests, RequestsPerSecond = miss.RequestsPerSecond };
        journal?.Commit(KeyOf(point, miss.Slo), point.ConfigurationText, new JournalEntry(summary, []));
        return summary;
    }

    private static double Beyond(double? ratio) => ratio is { } known ? Math.Max(1, 1 / known) : 1;

    private string KeyOf(PreparedPoint point, SloTerm missed) =>
        InputFingerprint.HashText(
            FormattableString.Invariant(
                $"{point.Hash} misses {missed} of {string.Join(", ", terms)}, {requests} requests, {runs} runs"
            )
        );
}
