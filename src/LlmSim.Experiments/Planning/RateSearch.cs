namespace LlmSim.Experiments.Planning;

/// <summary>The highest rate at which the SLOs hold on a candidate.</summary>
internal sealed class RateSearch(PlanQuestion question, Candidate candidate, LoadBound bound)
    : Search(question, candidate.Shape)
{
    private const double ShortPrecision = 1.04;
    private const double FullPrecision = 1.01;

    public override double Score => -(Found?.Probe.Rate ?? double.NegativeInfinity);

    protected override IEnumerable<IReadOnlyList<Probe>> Rounds()
    {
        yield return [ProbeOf(candidate.Size, ProbeLevel.Idle)];
        if (!Judged[0].Holds)
        {
            Drop(
                Judged[0].Terms.Count == 0
                    ? Judged[0].Reason!
                    : $"even with one request at a time {Judged[0].Reason}"
            );
            yield break;
        }

        var (low, high) = (0.0, bound.MostRequestsPerSecond(candidate));
        LeastScore = -high;
        foreach (
            var round in Bisect(
                ProbeLevel.Short,
                ShortPrecision,
                () => (low, high),
                range => (low, high) = range
            )
        )
        {
            yield return round;
        }

        if (low == 0)
        {
            Drop($"{Nearest?.Reason ?? "fails"} even at {PlanText.Digits(high)} requests/s");
            yield break;
        }

        // Long runs may disagree with short ones by some per cent.
        (low, high) = (low / 1.25, high * 1.1);
        yield return [At(low, ProbeLevel.Full)];
        if (!Judged[0].Holds)
        {
            (low, high) = (low / 2, low);
        }
        else
        {
            Found = Judged[0];
        }

        foreach (
            var round in Bisect(
                ProbeLevel.Full,
                FullPrecision,
                () => (low, high),
                range => (low, high) = range
            )
        )
        {
            yield return round;
        }

        if (Found is null)
        {
            Drop(Nearest?.Reason ?? "fails in long runs at every rate");
        }
    }

    /// <summary>Halves the range of rates, on a logarithmic scale, until its ends are as near as asked.</summary>
    private IEnumerable<IReadOnlyList<Probe>> Bisect(
        ProbeLevel level,
        double precision,
        Func<(double Low, double High)> get,
        Action<(double Low, double High)> set
    )
    {
        const double Least = 1e-3;
        while (get() is var (low, high) && high > Least && high > low * precision)
        {
            var rate = Rounded(low > 0 ? Math.Sqrt(low * high) : high / 2);
            yield return [At(rate, level)];
            if (Judged[0].Holds)
            {
                set((rate, high));
                Found = level == ProbeLevel.Full ? Judged[0] : Found;
            }
            else
            {
                set((low, rate));
                LeastScore = level == ProbeLevel.Full ? -rate : LeastScore;
            }
        }
    }

    private Probe At(double rate, ProbeLevel level) => new(candidate, Rounded(rate), level);

    /// <summary>Four digits, so that a rate reads well and searches meet in the same one.</summary>
    private static double Rounded(double rate)
    {
        var unit = Math.Pow(10, Math.Floor(Math.Log10(rate)) - 3);
        return Math.Round(rate / unit) * unit;
    }
}
