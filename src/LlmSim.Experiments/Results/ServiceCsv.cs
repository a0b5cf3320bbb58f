using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <summary>The figures of each class, tenant and model: a row for each group of each result, after the columns that say what was simulated.</summary>
internal static class ServiceCsv
{
    internal const string Option = "--service_output";

    private static readonly GroupSummary s_nobody = new GroupRecorder("", weight: 1).Summarize(0, 0);

    /// <summary>The columns that are no settings.</summary>
    internal static IReadOnlyList<string> FigureColumns { get; } =
    [.. Figures("", s_nobody).Select(column => column.Name)];

    /// <summary>Writes a header and the rows, as UTF-8. Without any there is only the header.</summary>
    public static void Write(Stream stream, IEnumerable<RunResult> results)
    {
        using var writer = Csv.Writer(stream);
        writer.Header.Add([.. SummaryCsv.SettingColumns.Append(SweepPlan.SeedOption).Concat(FigureColumns)]);
        foreach (var result in results.Where(result => result.Summary.Service is not null))
        {
            var settings = SummaryCsv.Settings(result).ToArray();
            foreach (var (kind, group) in Groups(result.Summary.Service!))
            {
                using var row = writer.NewRow();
                foreach (var (name, value) in settings.Concat(Figures(kind, group)))
                {
                    row[name].Set(SummaryCsv.Text(value));
                }
            }
        }
    }

    private static IEnumerable<(string Kind, GroupSummary Group)> Groups(ServiceSummary service) =>
        [
            .. service.Classes.Select(group => ("class", group)),
            .. service.Tenants.Select(group => ("tenant", group)),
            .. (service.Models ?? []).Select(group => ("model", group)),
        ];

    private static IEnumerable<(string Name, object? Value)> Figures(string kind, GroupSummary g) =>
        [
            ("group_kind", kind),
            ("group", g.Name),
            ("weight", g.Weight),
            ("group_requests", g.Requests),
            ("finished", g.Finished),
            ("rejected", g.Rejected),
            ("timed_out", g.TimedOut),
            ("failed", g.Failed),
            ("input_tokens", g.InputTokens),
            ("output_tokens", g.OutputTokens),
            ("token_share_pct", g.TokenSharePercent),
            .. DistributionColumns.Of("ttft", g.TtftSeconds),
            .. DistributionColumns.Of("tpot", g.TpotSeconds),
            .. DistributionColumns.Of("e2e", g.EndToEndSeconds),
            ("slo_attainment_pct", g.TtftAttainmentPercent),
            ("tpot_slo_attainment_pct", g.TpotAttainmentPercent),
            ("attainment_pct", g.AttainmentPercent),
            ("goodput_requests_per_second", g.GoodputRequestsPerSecond),
        ];
}
