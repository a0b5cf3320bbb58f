namespace LlmSim.Experiments.Reports;

/// <summary>A figure that the report of a sweep draws.</summary>
/// <param name="Column">Its name in result files.</param>
/// <param name="Title">Its name on the page.</param>
/// <param name="Unit">Its unit there.</param>
/// <param name="Scale">What its values are multiplied by for that unit.</param>
/// <param name="Axis">How they are spread.</param>
internal sealed record DrawnFigure(string Column, string Title, string Unit, double Scale, AxisKind Axis)
{
    /// <summary>The figures that are drawn and tabulated.</summary>
    public static IReadOnlyList<DrawnFigure> All { get; } =
    [
        new("goodput_requests_per_second", "Goodput", "requests/s", 1, AxisKind.Linear),
        new("both_slo_attainment_pct", "Requests that meet both SLOs", "%", 1, AxisKind.Percent),
        new("ttft_p99", "TTFT P99", "s", 1, AxisKind.Automatic),
        new("tpot_p99", "TPOT P99", "ms", 1000, AxisKind.Automatic),
        new("output_tokens_per_second", "Output", "tokens/s", 1, AxisKind.Linear),
        new("e2e_p99", "End to end P99", "s", 1, AxisKind.Automatic),
    ];
}
