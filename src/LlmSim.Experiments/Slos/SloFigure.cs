using LlmSim.Metrics;

namespace LlmSim.Experiments.Slos;

/// <summary>What the values of a figure are: which units a limit may have, and where it may lie.</summary>
internal enum SloQuantity
{
    /// <summary>Seconds.</summary>
    Time,

    /// <summary>A share in per cent.</summary>
    Share,

    /// <summary>Requests or tokens per second.</summary>
    Rate,
}

/// <summary>A figure of a summary that a limit can be set for.</summary>
/// <param name="Name">As it is written, such as <c>ttft_p99</c>.</param>
/// <param name="Column">Its column in the summary CSV, which is another name for it.</param>
/// <param name="Quantity">What its values are.</param>
/// <param name="Value">In seconds, per cent or per second; NaN where the run has none.</param>
internal sealed record SloFigure(
    string Name,
    string Column,
    SloQuantity Quantity,
    Func<RunSummary, double> Value
)
{
    private static readonly (string Name, Func<RunSummary, Distribution> Of)[] s_times =
    [
        ("ttft", s => s.TtftSeconds),
        ("tpot", s => s.TpotSeconds),
        ("itl", s => s.ItlSeconds),
        ("e2e", s => s.EndToEndSeconds),
        ("prefill_queue", s => s.PrefillQueueSeconds),
        ("kv_transfer", s => s.TransferSeconds),
        ("decode_queue", s => s.DecodeQueueSeconds),
    ];

    private static readonly (int Percent, Func<Distribution, double> Of)[] s_percentiles =
    [
        (25, d => d.P25),
        (50, d => d.P50),
        (75, d => d.P75),
        (90, d => d.P90),
        (95, d => d.P95),
        (99, d => d.P99),
    ];

    /// <summary>All of them, in the order of docs/metrics.md.</summary>
    public static IReadOnlyList<SloFigure> All { get; } =
    [
        .. s_times.SelectMany(time => Times(time.Name, time.Of)),
        Share("ttft_attainment", "slo_attainment_pct", s => s.TtftAttainmentPercent),
        Share("tpot_attainment", "tpot_slo_attainment_pct", s => s.TpotAttainmentPercent),
        Share("attainment", "both_slo_attainment_pct", s => s.BothAttainmentPercent),
        Rate("throughput", "requests_per_second", s => s.RequestsPerSecond),
        Rate("output_throughput", "output_tokens_per_second", s => s.OutputTokensPerSecond),
        Rate("total_throughput", "tokens_per_second", s => s.TokensPerSecond),
        Rate("goodput", "goodput_requests_per_second", s => s.GoodputRequestsPerSecond),
        Rate("window_throughput", "window_requests_per_second", s => s.ArrivalWindow.RequestsPerSecond),
        Rate(
            "window_output_throughput",
            "window_output_tokens_per_second",
            s => s.ArrivalWindow.OutputTokensPerSecond
        ),
        Rate("window_total_throughput", "window_tokens_per_second", s => s.ArrivalWindow.TokensPerSecond),
        Rate(
            "window_goodput",
            "window_goodput_requests_per_second",
            s => s.ArrivalWindow.GoodputRequestsPerSecond
        ),
    ];

    /// <summary>The figures in a few words, for messages and help.</summary>
    public const string Allowed =
        "ttft, tpot, itl, e2e, prefill_queue, kv_transfer or decode_queue with _mean, _p25, _p50, _p75, _p90, _p95 or _p99; "
        + "attainment, ttft_attainment, tpot_attainment; goodput, throughput, output_throughput, total_throughput, "
        + "each of these four also as window_…";

    /// <summary>The time that it is the mean or a percentile of, such as <c>ttft</c>; null for a share or a rate.</summary>
    public string? Time { get; private init; }

    /// <summary>Which percentile; 0 for any other figure.</summary>
    public int Percent { get; private init; }

    /// <summary>A figure by its name or by its column; null when there is none.</summary>
    public static SloFigure? Find(string name) =>
        All.FirstOrDefault(figure => figure.Name == name || figure.Column == name);

    /// <summary>Whether it is never above another, whatever the run.</summary>
    public bool IsNeverAbove(SloFigure other) =>
        this == other || (Time is not null && Time == other.Time && Percent > 0 && Percent < other.Percent);

    private static IEnumerable<SloFigure> Times(string time, Func<RunSummary, Distribution> of) =>
        s_percentiles
            .Select(percentile =>
                Of(time, $"p{percentile.Percent}", s => percentile.Of(of(s))) with
                {
                    Percent = percentile.Percent,
                }
            )
            .Prepend(Of(time, "mean", s => of(s).Mean));

    private static SloFigure Of(string time, string statistic, Func<RunSummary, double> value) =>
        new($"{time}_{statistic}", $"{time}_{statistic}", SloQuantity.Time, value) { Time = time };

    private static SloFigure Share(string name, string column, Func<RunSummary, double> value) =>
        new(name, column, SloQuantity.Share, value);

    private static SloFigure Rate(string name, string column, Func<RunSummary, double> value) =>
        new(name, column, SloQuantity.Rate, value);
}
