namespace LlmSim.Experiments.Planning;

/// <summary>
/// The most requests a second within the deadlines that a candidate serves, by short runs: at the arrivals of the question, or at the rate
/// where that is most, since a higher one makes more of them late.
/// </summary>
internal sealed class GoodputSearch(PlanQuestion question, Candidate candidate, LoadBound bound)
    : Search(question, candidate.Shape)
{
    private const double Step = 1.2;
    private const double FineStep = 1.06;

    public override double Score => -(Found?.GoodputRequestsPerSecond ?? 0);

    public override Search? Check(double? below) =>
        below is null ? new GoodputCheck(Question, candidate, Found!.Probe.Rate) : null;

    protected override IEnumerable<IReadOnlyList<Probe>> Rounds()
    {
        if (IsDroppedAtOnce())
        {
            yield break;
        }

        yield return [ProbeOf(candidate.Size, ProbeLevel.Idle)];
        if (IsDroppedIdle())
        {
            yield break;
        }

        if (Judged[0].Results.All(result => result.Summary.BothAttainmentPercent == 0))
        {
            Drop("even with one request at a time none is within its deadlines");
            yield break;
        }

        foreach (var round in Question.HasArrivals ? Asked() : Rates())
        {
            yield return round;
        }

        if (Found is null)
        {
            Drop(Nearest?.Reason ?? "no request is within its deadlines");
        }
    }

    private IEnumerable<IReadOnlyList<Probe>> Asked()
    {
        yield return [ProbeOf(candidate.Size, ProbeLevel.Short)];
        TakeMost();
    }

    /// <summary>From what it can carry at most down to a rate that is itself no more than what was found.</summary>
    private IEnumerable<IReadOnlyList<Probe>> Rates()
    {
        const int Together = 3;
        const double Least = 1e-3;
        var most = bound.MostRequestsPerSecond(candidate);
        yield return [At(most)];
        TakeMost();
        var served = Judged[0].RequestsPerSecond;
        var rate = served > 0 ? Math.Min(most, served * Step * Step) : most;
        while (rate > Math.Max(Least, -Score))
        {
            Probe[] probes = [.. Enumerable.Range(0, Together).Select(i => At(rate / Math.Pow(Step, i)))];
            yield return probes;
            TakeMost();
            rate /= Math.Pow(Step, Together);
        }

        if (Found?.Probe.Rate is { } best)
        {
            yield return
            [
                At(best / FineStep / FineStep),
                At(best / FineStep),
                At(best * FineStep),
                At(best * FineStep * FineStep),
            ];
            TakeMost();
        }
    }

    private Probe At(double rate) => new(candidate, RateSearch.Rounded(rate), ProbeLevel.Short);
}

/// <summary>Judges by long runs what <see cref="GoodputSearch" /> found, and goes to the rates beside it while that is better.</summary>
/// <param name="question">What is asked.</param>
/// <param name="candidate">The cluster.</param>
/// <param name="rate">The best rate by short runs; null for the arrivals of the question.</param>
internal sealed class GoodputCheck(PlanQuestion question, Candidate candidate, double? rate)
    : Search(question, candidate.Shape)
{
    private const double Step = 1.04;
    private const int MostSteps = 10;

    public override double Score => -(Found?.GoodputRequestsPerSecond ?? 0);

    protected override IEnumerable<IReadOnlyList<Probe>> Rounds()
    {
        if (rate is not { } start)
        {
            yield return [new Probe(candidate, Rate: null, ProbeLevel.Full)];
            TakeMost();
        }
        else
        {
            var best = 0;
            yield return Around(start, best);
            for (var steps = 0; TakeMost() && StepsFrom(start) != best && steps < MostSteps; steps++)
            {
                best = StepsFrom(start);
                yield return Around(start, best);
            }
        }

        if (Found is null)
        {
            Drop(Nearest?.Reason ?? "no request is within its deadlines in long runs");
        }
    }

    /// <summary>Two steps to either side: one alone may look worse by chance.</summary>
    private Probe[] Around(double start, int steps) =>
        [.. Enumerable.Range(-2, 5).Select(step => At(start, steps + step))];

    private int StepsFrom(double start) =>
        (int)Math.Round(Math.Log(Found!.Probe.Rate!.Value / start) / Math.Log(Step));

    private Probe At(double start, int steps) =>
        new(candidate, RateSearch.Rounded(start * Math.Pow(Step, steps)), ProbeLevel.Full);
}
