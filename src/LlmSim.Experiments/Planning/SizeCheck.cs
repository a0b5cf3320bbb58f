namespace LlmSim.Experiments.Planning;

/// <summary>Judges what a search by short runs found, and its neighbours, by long ones.</summary>
/// <param name="question">What is asked.</param>
/// <param name="start">What short runs found.</param>
/// <param name="below">Only what weighs less is looked for; null for the start and whatever its neighbours are.</param>
internal sealed class SizeCheck(PlanQuestion question, Candidate start, double? below = null)
    : Search(question, start.Shape)
{
    private const int MostSteps = 8;

    protected override IEnumerable<IReadOnlyList<Probe>> Rounds()
    {
        foreach (var round in below is { } most ? SmallerThan(most) : StartOrLarger())
        {
            yield return round;
        }

        if (Found is null)
        {
            Drop(
                below is not null
                    ? "others are better"
                    : Nearest?.Reason ?? "no neighbour of what short runs found holds in long ones"
            );
            yield break;
        }

        foreach (var round in Smaller())
        {
            yield return round;
        }
    }

    private IEnumerable<IReadOnlyList<Probe>> StartOrLarger()
    {
        yield return [Full(start.Size)];
        if (Judged[0].Holds)
        {
            Found = Judged[0];
            yield break;
        }

        foreach (var round in Larger())
        {
            yield return round;
        }
    }

    private IEnumerable<IReadOnlyList<Probe>> SmallerThan(double most)
    {
        Probe[] lighter =
        [
            .. Lighter(start).Where(size => Question.Weight(new Candidate(Shape, size)) < most).Select(Full),
        ];
        if (lighter.Length > 0)
        {
            yield return lighter;
            Found = Judged.Where(judged => judged.Holds).MinBy(WeightOf);
        }
    }

    private IEnumerable<IReadOnlyList<Probe>> Smaller()
    {
        while (Lighter(Found!.Probe.Candidate) is { Count: > 0 } sizes)
        {
            yield return [.. sizes.Select(Full)];
            if (Judged.Where(judged => judged.Holds).MinBy(WeightOf) is not { } better)
            {
                yield break;
            }

            Found = better;
        }
    }

    private IEnumerable<IReadOnlyList<Probe>> Larger()
    {
        IReadOnlyList<ClusterSize> front = [start.Size];
        for (var step = 0; step < MostSteps; step++)
        {
            front = [.. front.SelectMany(size => Neighbours(size, 1)).Distinct()];
            if (front.Count == 0)
            {
                break;
            }

            yield return [.. front.Select(Full)];
            if (Judged.Where(judged => judged.Holds).MinBy(WeightOf) is { } found)
            {
                Found = found;
                yield break;
            }
        }
    }

    private Probe Full(ClusterSize size) => ProbeOf(size, ProbeLevel.Full);

    private double WeightOf(Judgement judged) => Question.Weight(judged.Probe.Candidate);

    /// <summary>Neighbours that weigh less: where all instances weigh the same, those with one instance fewer.</summary>
    private List<ClusterSize> Lighter(Candidate found)
    {
        int[] steps = [-1, 0, 1];
        var weight = Question.Weight(found);
        return
        [
            .. steps
                .SelectMany(step => Neighbours(found.Size, step))
                .Where(size => Question.Weight(new Candidate(Shape, size)) < weight),
        ];
    }

    /// <summary>One instance more or fewer; of a disaggregated cluster also with one or two that change their stage.</summary>
    private List<ClusterSize> Neighbours(ClusterSize size, int step)
    {
        const int MostMoved = 2;
        var instances = size.Instances + step;
        IEnumerable<ClusterSize> sizes =
            size.Mixed > 0
                ? [ClusterSize.OfMixed(instances)]
                : Enumerable
                    .Range(size.Prefill - MostMoved, (2 * MostMoved) + 1)
                    .Where(prefill => prefill > 0 && prefill < instances)
                    .OrderBy(prefill => Math.Abs(prefill - size.Prefill))
                    .Select(prefill => ClusterSize.Of(prefill, instances - prefill));
        return [.. sizes.Where(one => one.Instances > 0 && Allows(one))];
    }
}
