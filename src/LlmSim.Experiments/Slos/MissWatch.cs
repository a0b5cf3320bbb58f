using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Slos;

/// <summary>
/// Watches the requests of a run as they finish, and ends it when the rest cannot change any more that it misses an SLO: so many have
/// missed it already that the percentile, the mean or the share of the whole run is on the wrong side, whatever is to come.
/// </summary>
/// <param name="rule">The SLOs, and the run.</param>
/// <param name="ttftSloSeconds">The deadline of first tokens that attainment counts by.</param>
/// <param name="tpotSloSeconds">The same of the time per output token.</param>
internal sealed class MissWatch(MissRule rule, double ttftSloSeconds, double tpotSloSeconds)
{
    /// <summary>Percentiles of many requests come from buckets, and may be off by half of that.</summary>
    private const double Slack = 1 + (2 * QuantileSketch.RelativeError);

    private readonly IReadOnlyList<WatchedTerm> _terms = rule.Terms;
    private readonly long[] _misses = new long[rule.Terms.Count];
    private readonly double[] _sums = new double[rule.Terms.Count];
    private SimTime? _firstArrival;
    private long _finished;

    /// <summary>A request has finished or was rejected.</summary>
    /// <exception cref="SurelyMissedException">An SLO is missed for sure.</exception>
    public void Add(RequestRecord record)
    {
        _finished++;
        if (_firstArrival is not { } first || record.Arrival < first)
        {
            _firstArrival = record.Arrival;
        }

        for (var i = 0; i < _terms.Count && record.IsMeasured; i++)
        {
            if (IsMissed(i, _terms[i], record))
            {
                var seconds = (record.Finish - _firstArrival.Value).Seconds;
                throw new SurelyMissedException(_terms[i].Slo, _finished, _finished / seconds);
            }
        }
    }

    private bool IsMissed(int index, WatchedTerm term, in RequestRecord record)
    {
        var (slo, figure) = (term.Slo, term.Slo.Figure);
        var (requests, runs) = (rule.Requests, rule.Runs);
        var limit = slo.Value * term.Factor * runs * Slack;
        if (figure.Quantity == SloQuantity.Share)
        {
            _misses[index] += IsWithinDeadlines(figure, record) ? 0 : 1;
            return !slo.IsUpper
                && 100.0 * (requests - ((double)_misses[index] / runs)) / requests < slo.Value;
        }

        if (!slo.IsUpper || SecondsOf(figure, record) is not { } seconds)
        {
            return false;
        }

        if (figure.Percent == 0)
        {
            _sums[index] += seconds;
            return _sums[index] > limit * requests;
        }

        _misses[index] += seconds > limit ? 1 : 0;
        // A percentile is at least the value whose rank, from 0, is the whole part of this.
        var rank = (long)(figure.Percent / 100.0 * (requests - 1));
        return _misses[index] >= requests - rank;
    }

    private bool IsWithinDeadlines(SloFigure figure, in RequestRecord record)
    {
        var met = SlosMet.Of(record, ttftSloSeconds, tpotSloSeconds);
        return figure.Name switch
        {
            "ttft_attainment" => met.Ttft,
            "tpot_attainment" => met.Tpot,
            _ => met.All,
        };
    }

    private static double? SecondsOf(SloFigure figure, in RequestRecord record) =>
        (figure.Time, record.RejectionReason) switch
        {
            ("ttft", null) => record.TtftSeconds,
            ("tpot", null) when !double.IsNaN(record.TpotSeconds) => record.TpotSeconds,
            ("e2e", null) => record.EndToEndSeconds,
            _ => null,
        };
}

/// <summary>A run was ended, since it misses an SLO for sure.</summary>
/// <param name="slo">The SLO.</param>
/// <param name="requests">Requests that had finished.</param>
/// <param name="requestsPerSecond">At which rate.</param>
internal sealed class SurelyMissedException(SloTerm slo, long requests, double requestsPerSecond) : Exception
{
    public SloTerm Slo => slo;

    public long Requests => requests;

    public double RequestsPerSecond => requestsPerSecond;
}
