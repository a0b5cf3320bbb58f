using LlmSim.Metrics;

namespace LlmSim.Experiments.Sweeps;

/// <summary>A figure of a summary that is worth a mean over replications, under its name in the CSV.</summary>
/// <param name="Column">Its column.</param>
/// <param name="Value">Its value.</param>
internal sealed record SummaryFigure(string Column, Func<RunSummary, double> Value)
{
    /// <summary>The figures that replications and comparisons are about.</summary>
    public static IReadOnlyList<SummaryFigure> All { get; } =
    [
        new("ttft_mean", s => s.TtftSeconds.Mean),
        new("ttft_p50", s => s.TtftSeconds.P50),
        new("ttft_p90", s => s.TtftSeconds.P90),
        new("ttft_p99", s => s.TtftSeconds.P99),
        new("tpot_mean", s => s.TpotSeconds.Mean),
        new("tpot_p50", s => s.TpotSeconds.P50),
        new("tpot_p90", s => s.TpotSeconds.P90),
        new("tpot_p99", s => s.TpotSeconds.P99),
        new("e2e_mean", s => s.EndToEndSeconds.Mean),
        new("e2e_p99", s => s.EndToEndSeconds.P99),
        new("slo_attainment_pct", s => s.TtftAttainmentPercent),
        new("tpot_slo_attainment_pct", s => s.TpotAttainmentPercent),
        new("both_slo_attainment_pct", s => s.BothAttainmentPercent),
        new("goodput_requests_per_second", s => s.GoodputRequestsPerSecond),
        new("requests_per_second", s => s.RequestsPerSecond),
        new("output_tokens_per_second", s => s.OutputTokensPerSecond),
        new("window_requests_per_second", s => s.ArrivalWindow.RequestsPerSecond),
        new("window_output_tokens_per_second", s => s.ArrivalWindow.OutputTokensPerSecond),
        new("window_goodput_requests_per_second", s => s.ArrivalWindow.GoodputRequestsPerSecond),
    ];

    /// <summary>The figures that a table shows when nothing else is asked for.</summary>
    public static IReadOnlyList<SummaryFigure> Main { get; } =
    [
        Named("ttft_mean"),
        Named("ttft_p99"),
        Named("tpot_mean"),
        Named("e2e_mean"),
        Named("both_slo_attainment_pct"),
        Named("goodput_requests_per_second"),
    ];

    /// <summary>The figure of a column.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static SummaryFigure Named(string column)
    {
        var columns = All.Select(figure => figure.Column).ToArray();
        return All.FirstOrDefault(figure => figure.Column == column)
            ?? throw new UserErrorException(
                $"there is no figure '{column}'; there are {string.Join(", ", columns)}.{Suggestion.For(column, columns)}"
            );
    }
}
