using LlmSim.Metrics;

namespace LlmSim.Experiments.Verification;

/// <summary>Figures of clients that react, beside the records.</summary>
internal static class ServiceChecks
{
    public static void Check(
        Findings findings,
        IReadOnlyList<RequestRecord> records,
        ServiceSummary service,
        string ownModel
    )
    {
        findings.Same(
            "computed_tokens",
            service.UsefulTokens + service.RecomputedTokens + service.WastedTokens,
            service.ComputedTokens
        );
        // Requests that were never taken have been sent as well.
        findings.Same("retries", records.Sum(record => record.Attempts - 1L), service.Retries);
        findings.Same("failovers", records.Sum(record => (long)record.Failovers), service.Failovers);
        CheckGroups(findings, records, service.Classes, record => record.Origin?.Class);
        CheckGroups(findings, records, service.Tenants, record => record.Origin?.Tenant);
        CheckGroups(findings, records, service.Models ?? [], record => record.Model ?? ownModel);
    }

    private static void CheckGroups(
        Findings findings,
        IReadOnlyList<RequestRecord> records,
        IReadOnlyList<GroupSummary> groups,
        Func<RequestRecord, string?> nameOf
    )
    {
        foreach (var group in groups)
        {
            var members = records
                .Where(record => record.IsMeasured && (nameOf(record) ?? "default") == group.Name)
                .ToArray();
            var finished = members.Where(record => record.Outcome == Outcome.Finished).ToArray();
            findings.Same($"requests of {group.Name}", members.Length, group.Requests);
            findings.Same($"finished of {group.Name}", finished.Length, group.Finished);
            findings.Same(
                $"output_tokens of {group.Name}",
                finished.Sum(record => (long)record.TraceOutputTokens),
                group.OutputTokens
            );
            findings.Near(
                $"ttft_mean of {group.Name}",
                finished.Select(record => record.TtftSeconds).DefaultIfEmpty(double.NaN).Average(),
                group.TtftSeconds.Mean
            );
        }
    }
}
