using System.Globalization;

namespace LlmSim.Experiments.Planning;

/// <summary>The highest rate at which the SLOs hold on a candidate.</summary>
internal sealed class RateSearch(PlanQuestion question, Candidate candidate, LoadBound bound)
    : Search(question, candidate.Shape)
{
    private const double ShortPrecision = 1.04;
    private const double FullPrecision = 1.01;

    /// <summary>The highest rate that is known to hold; 0 for none.</summary>
    private double _low;

    /// <summary>The lowest that is known not to.</summary>
    private double _high;

    public override double Score => -(Found?.Probe.Rate ?? double.NegativeInfinity);

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

        _high = bound.MostRequestsPerSecond(candidate);
        LeastScore = -_high;
        foreach (var round in Bisect(ProbeLevel.Short, ShortPrecision))
        {
            yield return round;
        }

        if (_low == 0)
        {
            Drop($"{Nearest?.Reason ?? "fails"} even at {PlanText.Digits(_high)} requests/s");
            yield break;
        }

        // Long runs may disagree with short ones by some per cent.
        (_low, _high) = (_low / 1.25, _high * 1.1);
        yield return [At(_low, ProbeLevel.Full)];
        if (!Judged[0].Holds)
        {
            (_low, _high) = (_low / 2, _low);
        }
        else
        {
            Found = Judged[0];
        }

        foreach (var round in Bisect(ProbeLevel.Full, FullPrecision))
        {
            yield return round;
        }

        if (Found is null)
        {
            Drop(Nearest?.Reason ?? "fails in long runs at every rate");
        }
    }

    /// <summary>Halves the range of rates, on a logarithmic scale, until its ends are as near as asked.</summary>
    private IEnumerable<IReadOnlyList<Probe>> Bisect(ProbeLevel level, double precision)
    {
        const double Least = 1e-3;
        while (_high > Least && _high > _low * precision)
        {
            var rate = Rounded(_low > 0 ? Math.Sqrt(_low * _high) : _high / 2);
            yield return [At(rate, level)];
            if (Judged[0].Holds)
            {
                _low = rate;
                Found = level == ProbeLevel.Full ? Judged[0] : Found;
            }
            else
            {
                _high = rate;
                LeastScore = level == ProbeLevel.Full ? -rate : LeastScore;
            }
        }
    }

    private Probe At(double rate, ProbeLevel level) => new(candidate, Rounded(rate), level);

    /// <summary>Four digits, so that a rate reads well and searches meet in the same one.</summary>
    internal static double Rounded(double rate) =>
        double.Parse(rate.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
