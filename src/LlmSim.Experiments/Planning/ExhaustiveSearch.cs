namespace LlmSim.Experiments.Planning;

/// <summary>Judges every size of a shape by long runs: what a search is compared with.</summary>
internal sealed class ExhaustiveSearch(PlanQuestion question, InstanceShape shape) : Search(question, shape)
{
    protected override IEnumerable<IReadOnlyList<Probe>> Rounds()
    {
        if (IsDroppedAtOnce())
        {
            yield break;
        }

        yield return
        [
            .. Sizes
                .All(Question, Shape)
                .Select(candidate => new Probe(candidate, Rate: null, ProbeLevel.Full)),
        ];
        Found = Judged
            .Where(judged => judged.Holds)
            .OrderBy(judged => Question.Weight(judged.Probe.Candidate))
            .ThenBy(judged => judged.Terms.Max(term => term.Share))
            .FirstOrDefault();
        if (Found is null)
        {
            Drop(
                Nearest?.Reason
                    ?? Judged.Select(judged => judged.Reason).FirstOrDefault()
                    ?? "nothing of it may be bought"
            );
        }
    }
}
