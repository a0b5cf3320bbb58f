using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Cli.Output;

/// <content>Rates, and the limits that the run was compared with.</content>
internal static partial class SummaryReport
{
    private static void WriteRates(RunResult result, TextWriter writer)
    {
        var (c, s) = (result.Configuration, result.Summary);
        Line(
            writer,
            "Throughput",
            $"{Figures.Number(s.RequestsPerSecond)} requests/s, {Figures.Number(s.OutputTokensPerSecond)} output "
                + $"tokens/s, {Figures.Number(s.TokensPerSecond)} tokens/s"
        );
        Line(
            writer,
            "Goodput",
            $"{Figures.Number(s.GoodputRequestsPerSecond)} requests/s that meet both SLOs"
        );
        WriteArrivalWindow(s.ArrivalWindow, writer);
        Line(
            writer,
            "SLO",
            FormattableString.Invariant(
                $"TTFT < {c.TtftSloSeconds} s: {Figures.Number(s.TtftAttainmentPercent)} %; "
            )
                + FormattableString.Invariant(
                    $"TPOT < {c.TpotSloSeconds} s: {Figures.Number(s.TpotAttainmentPercent)} %; "
                )
                + $"both: {Figures.Number(s.BothAttainmentPercent)} %"
        );
    }

    private static void WriteArrivalWindow(ArrivalWindow window, TextWriter writer)
    {
        if (window.Seconds > 0)
        {
            Line(
                writer,
                "Arrivals",
                $"in their {Figures.Number(window.Seconds)} s: {Figures.Number(window.RequestsPerSecond)} requests/s, "
                    + $"goodput {Figures.Number(window.GoodputRequestsPerSecond)} requests/s,"
            );
            Line(
                writer,
                "",
                $"{Figures.Number(window.OutputTokensPerSecond)} output tokens/s, "
                    + $"{Figures.Number(window.TokensPerSecond)} tokens/s"
            );
        }
    }

    private static void WriteCosts(RunResult result, TextWriter writer)
    {
        if (result.Costs is not { } costs)
        {
            return;
        }

        var term = costs.PriceTerm.Replace('_', ' ');
        WriteWrapped(
            writer,
            "Cost",
            costs.NotPriced.Count > 0
                ? $"not known: no price {term} of {string.Join(", ", costs.NotPriced)} (--prices)"
                : $"${Figures.Number(costs.CostPerHour)} an hour {term} ({string.Join(", ", costs.PriceSources)}): "
                    + $"${Figures.Number(costs.CostPerMillionOutputTokens)} per million output tokens, or "
                    + $"${Figures.Number(costs.CostPerMillionInputTokens)} per million input tokens"
        );
        var carbon = double.IsNaN(costs.GramsCo2PerMillionOutputTokens)
            ? ""
            : $"; {Figures.Number(costs.GramsCo2PerMillionOutputTokens)} g of CO2 per million output tokens";
        WriteWrapped(
            writer,
            "Energy",
            costs.NotPowered.Count > 0
                ? $"not known: no power of {string.Join(", ", costs.NotPowered)}"
                : $"at most {Figures.Number(costs.MeanWatts / 1e3)} kW, {Figures.Number(costs.JoulesPerToken)} J per token, "
                    + $"{Figures.Number(costs.JoulesPerOutputToken)} J per output token{carbon}"
        );
    }

    private static void WriteRequirements(RunResult result, TextWriter writer)
    {
        var label = "Required";
        foreach (var requirement in result.Requirements ?? [])
        {
            Line(
                writer,
                label,
                $"{RequirementsReport.Describe(requirement)}, {(requirement.IsMet ? "met" : "NOT MET")}"
            );
            label = "";
        }

        if (result.Requirements is not null && result.Summary.Finished < result.Summary.Requests)
        {
            Line(
                writer,
                label,
                result.Summary.Rejected > 0
                    ? "Latencies are of the requests that finished: rejected ones have none."
                    : "Latencies are of the requests that finished: those given up or lost have none."
            );
        }
    }
}
