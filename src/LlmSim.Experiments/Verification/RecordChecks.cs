using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Verification;

/// <summary>What must hold of each record, and of all of them together.</summary>
internal static class RecordChecks
{
    /// <summary>Seconds are the nearest to a quotient: their product may be off by so much, relative to itself.</summary>
    private const double Rounding = 1e-12;

    public static void Check(Findings findings, Scenario scenario, IReadOnlyList<RequestRecord> byId)
    {
        // The turns of a conversation have numbers that were set aside for them when it began; some are never sent.
        var hasConversations = byId.Any(record => record.ConversationId is not null);
        findings.Same(
            "records of one request",
            byId.Count,
            byId.Select(record => record.Id).Distinct().Count()
        );
        for (var place = 0; place < byId.Count; place++)
        {
            var record = byId[place];
            findings.Require(
                hasConversations || record.Id == place,
                $"request {record.Id}: it is recorded at place {place}"
            );
            findings.Require(
                place == 0 || byId[place - 1].Arrival <= record.Arrival,
                $"request {record.Id}: it arrives at {record.Arrival}, before the one before it"
            );
            findings.Require(
                record.IsMeasured == scenario.Measured.Contains(place),
                $"request {record.Id}: measured is {record.IsMeasured} at place {place}"
            );
            if (record.Outcome == Outcome.Rejected)
            {
                CheckRejected(findings, record);
            }
            else if (record.Outcome == Outcome.Finished)
            {
                CheckTimes(findings, scenario, record);
                CheckTokens(findings, scenario.Semantics, record);
                CheckFirstToken(findings, scenario, record);
                CheckTpot(findings, scenario.Semantics, record);
            }
        }
    }

    /// <summary>A prefill instance without an engine computes one prompt at a time.</summary>
    public static void CheckNoOverlap(Findings findings, Scenario scenario, IEnumerable<RequestRecord> served)
    {
        foreach (var instance in served.GroupBy(record => record.PrefillInstance))
        {
            if (
                instance.Key >= scenario.PrefillInstances.Count
                || scenario.PrefillInstances[instance.Key].Engine is not null
            )
            {
                continue;
            }

            RequestRecord? before = null;
            foreach (var record in instance.OrderBy(r => r.PrefillStart).ThenBy(r => r.PrefillFinish))
            {
                findings.Require(
                    before is not { } earlier || earlier.PrefillFinish <= record.PrefillStart,
                    $"request {record.Id}: its prefill starts at {record.PrefillStart} on prefill instance {instance.Key}, before that of request {before?.Id} ends"
                );
                before = record;
            }
        }
    }

    private static void CheckRejected(Findings findings, RequestRecord record) =>
        findings.Require(
            record
                is {
                    PrefillInstance: < 0,
                    DecodeInstance: < 0,
                    Evictions: 0,
                    TpotSeconds: double.NaN,
                    Finish.Nanoseconds: 0
                },
            $"request {record.Id}: it was rejected and served: {record}"
        );

    private static void CheckTimes(Findings findings, Scenario scenario, RequestRecord r)
    {
        var admitted = r.Arrival + SimTime.FromSeconds(scenario.RequestSeconds);
        findings.Require(
            admitted <= r.PrefillStart && r.PrefillStart <= r.PrefillFinish && r.PrefillFinish <= r.Finish,
            $"request {r.Id}: arrival {r.Arrival}, prefill {r.PrefillStart} to {r.PrefillFinish}, end {r.Finish} are out of order"
        );
        findings.Require(
            r.TakenIn is not { } taken || (admitted <= taken && taken <= r.PrefillStart),
            $"request {r.Id}: taken in at {r.TakenIn}, arrival {r.Arrival}, prefill from {r.PrefillStart}"
        );
        if (r.DecodeInstance < 0)
        {
            findings.Require(
                r.TransferFinish == r.PrefillFinish && r.Finish == r.PrefillFinish,
                $"request {r.Id}: nothing to decode, and it ends at {r.Finish}, its prefill at {r.PrefillFinish}"
            );
            return;
        }

        findings.Require(
            r.PrefillFinish <= r.TransferFinish
                && r.TransferFinish <= r.FirstDecodeStart
                && r.FirstDecodeStart <= r.DecodeStart
                && r.DecodeStart <= r.Finish,
            $"request {r.Id}: prefill until {r.PrefillFinish}, transfer until {r.TransferFinish}, decode from {r.FirstDecodeStart} and {r.DecodeStart} to {r.Finish} are out of order"
        );
        findings.Require(
            r.Evictions + r.Migrations > 0
                || (r.DecodeStart == r.FirstDecodeStart && r.Recompute == SimTime.Zero),
            $"request {r.Id}: it was never evicted, and joined a batch at {r.FirstDecodeStart} and {r.DecodeStart}, recomputing for {r.Recompute}"
        );
        findings.Require(
            r.Evictions >= 0 && r.Recompute >= SimTime.Zero && r.FirstDecodeStart + r.Recompute <= r.Finish,
            $"request {r.Id}: recomputing took {r.Recompute} of {r.FirstDecodeStart} to {r.Finish}"
        );
    }

    private static void CheckTokens(Findings findings, Semantics semantics, RequestRecord r)
    {
        var isMoved = semantics.Saturation == Saturation.EvictAll && r.Evictions > 0;
        findings.Require(
            isMoved
                ? r.InputTokens >= r.TraceInputTokens
                    && r.InputTokens + r.OutputTokens == r.TraceInputTokens + r.TraceOutputTokens
                : (r.InputTokens, r.OutputTokens) == (r.TraceInputTokens, r.TraceOutputTokens),
            $"request {r.Id}: {r.InputTokens} + {r.OutputTokens} tokens of {r.TraceInputTokens} + {r.TraceOutputTokens}"
        );
        findings.Require(
            // With tokens from an instance that failed, the last one may come from the prefill alone.
            r.EarlierFirstToken
                is not null
                || r.DecodeInstance >= 0 == TokensToDecode(semantics, r) > 0,
            $"request {r.Id}: {r.TraceOutputTokens} output tokens, decode instance {r.DecodeInstance}"
        );
    }

    /// <summary>The client gets it from the prefill, or from the instance that decodes once that has taken the request in.</summary>
    private static void CheckFirstToken(Findings findings, Scenario scenario, RequestRecord r)
    {
        var due = scenario.FirstTokenWaits && r.DecodeInstance >= 0 ? r.FirstDecodeStart : r.PrefillFinish;
        findings.Require(
            r.NewToken == due,
            $"request {r.Id}: its first token came at {r.NewToken}; due at {due}"
        );
    }

    /// <summary>TTFT + TPOT · (n − 1) is the end-to-end latency, or what stands for it in the reference's definition.</summary>
    private static void CheckTpot(Findings findings, Semantics semantics, RequestRecord r)
    {
        if (semantics.Tpot == TpotDefinition.SinceTransfer && r.EarlierFirstToken is not null)
        {
            // It is of the tokens since the last transfer, and how many came before it is not in the record.
            return;
        }

        var evictedTokens = r.TraceOutputTokens - r.OutputTokens;
        var (isDefined, firstSeconds, tokens, seconds) =
            semantics.Tpot == TpotDefinition.SinceTransfer
                ? (
                    r.DecodeInstance >= 0,
                    0,
                    TokensToDecode(semantics, r) - evictedTokens,
                    (r.Finish - r.TransferFinish).Seconds
                )
                : (
                    r.TraceOutputTokens > 1,
                    (r.FirstToken - r.Arrival).Seconds,
                    r.TraceOutputTokens - 1,
                    (r.Finish - r.Arrival).Seconds
                );
        findings.Require(
            isDefined
                ? Math.Abs(firstSeconds + (r.TpotSeconds * tokens) - seconds) <= Rounding * seconds
                : double.IsNaN(r.TpotSeconds),
            $"request {r.Id}: {firstSeconds} s + TPOT {r.TpotSeconds} s x {tokens} tokens are not {seconds} s"
        );
    }

    /// <summary>Tokens that one iteration may give a request: its next one and the drafts that are accepted.</summary>
    public static int MostTokensAtOnce(Scenario scenario) =>
        1
        + scenario
            .Instances.Select(instance => instance.Engine?.Speculation?.DraftTokens ?? 0)
            .DefaultIfEmpty()
            .Max();

    /// <summary>Output tokens that the decode stage owes at first.</summary>
    public static int TokensToDecode(Semantics semantics, in RequestRecord record) =>
        semantics.OutputTokens == OutputTokens.FirstFromPrefill
            ? record.TraceOutputTokens - 1
            : record.TraceOutputTokens;
}
