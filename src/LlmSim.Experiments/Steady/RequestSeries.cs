using LlmSim.Experiments.Slos;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Steady;

/// <summary>
/// The figures of single requests in the order of arrival: what the warm-up, and the intervals of a run's figures, are found from.
/// </summary>
/// <param name="ttftSloSeconds">The TTFT SLO that attainment is counted against.</param>
/// <param name="tpotSloSeconds">The TPOT SLO.</param>
internal sealed class RequestSeries(double ttftSloSeconds, double tpotSloSeconds)
{
    private static readonly (string Time, Func<RequestTimes, double> Of)[] s_times =
    [
        ("ttft", r => r.Ttft),
        ("tpot", r => r.Tpot),
        ("e2e", r => r.EndToEnd),
        ("prefill_queue", r => r.PrefillQueue),
        ("kv_transfer", r => r.Transfer),
        ("decode_queue", r => r.DecodeQueue),
    ];

    private RequestTimes[] _requests = new RequestTimes[1024];
    private int _count;

    /// <summary>The figures that have intervals.</summary>
    public static IReadOnlyList<SloFigure> Figures { get; } = [.. SloFigure.All.Where(HasInterval)];

    /// <summary>The figures that intervals are shown of.</summary>
    public static IReadOnlyList<SloFigure> Main { get; } =
    [.. Figures.Where(figure => figure.Time is null or "ttft" or "tpot" or "e2e")];

    /// <summary>Whether single requests have the figure, so that a run says how sure it is.</summary>
    public static bool HasInterval(SloFigure figure) =>
        figure.Quantity == SloQuantity.Share || Array.Exists(s_times, time => time.Time == figure.Time);

    /// <summary>A request that has finished or was rejected, in any order.</summary>
    public void Add(RequestRecord record)
    {
        if (record.Id >= _requests.Length)
        {
            Array.Resize(
                ref _requests,
                (int)Math.Max(record.Id + 1, Math.Min(2L * _requests.Length, Array.MaxLength))
            );
        }

        _requests[record.Id] = RequestTimes.Of(record, SlosMet.Of(record, ttftSloSeconds, tpotSloSeconds));
        _count = Math.Max(_count, (int)record.Id + 1);
    }

    /// <summary>So many requests at the beginning are of the warm-up: the most that MSER-5 leaves out of TTFT, TPOT or end-to-end latency.</summary>
    /// <returns>At most half of them.</returns>
    public int WarmUp() => s_times.Take(3).Max(time => CutAt([.. Requests.Select(time.Of)]));

    /// <summary>The same requests without the first.</summary>
    public RequestSeries Without(int first) =>
        new(ttftSloSeconds, tpotSloSeconds) { _requests = _requests[first.._count], _count = _count - first };

    /// <summary>A figure of the requests that the statistics count, and its interval.</summary>
    /// <exception cref="ArgumentException">Single requests have no such figure.</exception>
    public FigureInterval IntervalOf(SloFigure figure)
    {
        var values = Values(figure);
        return FigureInterval.Of(
            figure,
            values.Length == 0 ? Interval.Unknown(double.NaN)
                : figure.Quantity == SloQuantity.Share ? PerCent(BatchMeans.Share(values))
                : figure.Percent == 0 ? BatchMeans.Mean(values)
                : BatchMeans.Percentile(values, figure.Percent)
        );
    }

    private ArraySegment<RequestTimes> Requests => new(_requests, 0, _count);

    private double[] Values(SloFigure figure)
    {
        var measured = Requests.Where(request => request.IsMeasured);
        if (figure.Quantity == SloQuantity.Share)
        {
            return [.. measured.Select(request => IsMet(figure.Name, request) ? 1.0 : 0)];
        }

        var time = Array.Find(s_times, time => time.Time == figure.Time);
        return time.Of is null
            ? throw new ArgumentException(
                $"{figure.Name}: single requests have no such figure",
                nameof(figure)
            )
            : [.. measured.Select(time.Of).Where(value => !double.IsNaN(value))];
    }

    /// <summary>A rejected request misses every SLO; a single token has no gap that could be too long.</summary>
    private static bool IsMet(string attainment, in RequestTimes request) =>
        attainment switch
        {
            "ttft_attainment" => request.Met.Ttft,
            "tpot_attainment" => request.Met.Tpot,
            _ => request.Met.All,
        };

    /// <summary>The place in the order of arrival at which a series without its gaps is cut.</summary>
    private static int CutAt(double[] values)
    {
        var places = new List<int>(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.IsNaN(values[i]))
            {
                places.Add(i);
            }
        }

        var cut = Steady.WarmUp.Cut(places.ConvertAll(place => values[place]).ToArray());
        return cut == 0 ? 0 : places[cut];
    }

    private static Interval PerCent(in Interval share) =>
        new(100 * share.Estimate, 100 * share.Low, 100 * share.High);

    /// <summary>In seconds; NaN where a request has none.</summary>
    private readonly record struct RequestTimes(
        double Ttft,
        double Tpot,
        double EndToEnd,
        double PrefillQueue,
        double Transfer,
        double DecodeQueue,
        SlosMet Met,
        bool IsMeasured
    )
    {
        public static RequestTimes Of(RequestRecord r, SlosMet met) =>
            new(
                r.TtftSeconds,
                r.TpotSeconds,
                r.EndToEndSeconds,
                r.PrefillQueueSeconds,
                r.TransferSeconds,
                r.DecodeQueueSeconds,
                met,
                r.IsMeasured
            );
    }
}
