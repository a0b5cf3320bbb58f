using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Planning;

/// <summary>When a run of a plan may end before its last request, and how a journal has one that did.</summary>
internal static class EarlyEnd
{
    /// <summary>What ends the run of a point; null where nothing may: idle clusters are soon simulated, and their figures say what no number of instances mends.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="level">One run alone judges a short one, the mean of several a long one.</param>
    /// <param name="point">The run.</param>
    /// <param name="requests">Most requests of it.</param>
    public static MissRule? Of(PlanQuestion question, ProbeLevel level, PreparedPoint point, int requests)
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
            : new MissRule(terms, requests, level == ProbeLevel.Full ? question.MaxReplications : 1);
    }

    /// <summary>Its name among the runs that are simulated: one that may end early is another than one that may not.</summary>
    public static string HashOf(PreparedPoint point) =>
        point.EndsBy is { } rule
            ? InputFingerprint.HashText($"{point.Hash} ends by {Text(rule)}")
            : point.Hash;

    /// <summary>Its key in a journal: what ended early is only for questions with these SLOs.</summary>
    /// <param name="point">The run.</param>
    /// <param name="missed">The SLO that has ended it; null for one that is whole.</param>
    public static string KeyOf(PreparedPoint point, SloTerm? missed) =>
        missed is null
            ? point.Hash
            : InputFingerprint.HashText($"{point.Hash} misses {missed} of {Text(point.EndsBy!)}");

    /// <summary>What a journal has of a run, whole or ended; null for nothing.</summary>
    public static JournalEntry? Find(PreparedPoint point, IReadOnlyDictionary<string, JournalEntry> known)
    {
        SloTerm?[] ends = [null, .. point.EndsBy?.Terms.Select(term => term.Slo) ?? []];
        foreach (var missed in ends)
        {
            if (known.TryGetValue(KeyOf(point, missed), out var entry))
            {
                return entry with { Missed = missed };
            }
        }

        return null;
    }

    private static double Beyond(double? ratio) => ratio is { } known ? Math.Max(1, 1 / known) : 1;

    private static string Text(MissRule rule) =>
        FormattableString.Invariant(
            $"{string.Join(", ", rule.Terms.Select(term => FormattableString.Invariant($"{term.Slo} x {term.Factor:R}")))}, {rule.Requests} requests, {rule.Runs} runs"
        );
}
