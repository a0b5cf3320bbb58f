namespace LlmSim.Experiments.Planning;

/// <summary>The first figure of the SLOs on a candidate, if all of them hold.</summary>
internal sealed class LatencySearch(PlanQuestion question, Candidate candidate)
    : Search(question, candidate.Shape)
{
    public override double Score => Found?.Terms[0].Estimate.Mean ?? double.PositiveInfinity;

    protected override IEnumerable<IReadOnlyList<Probe>> Rounds()
    {
        if (IsDroppedAtOnce())
        {
            yield break;
        }

        yield return [ProbeOf(candidate.Size, ProbeLevel.Full)];
        if (Judged[0].Holds)
        {
            Found = Judged[0];
        }
        else
        {
            Drop(Judged[0].Reason!);
        }
    }
}
