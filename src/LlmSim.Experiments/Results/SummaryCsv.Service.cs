using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <content>Columns of clients that react.</content>
internal static partial class SummaryCsv
{
    private static IEnumerable<(string Name, object? Value)> Service(RunSummary s) =>
        [
            ("timed_out", s.TimedOut),
            ("failed", s.Failed),
            ("retried", s.Service?.Retries),
            ("failovers", s.Service?.Failovers),
            ("conversations", s.Service?.Conversations),
            ("conversations_broken_off", s.Service?.ConversationsBrokenOff),
            ("computed_tokens", s.Service?.ComputedTokens),
            ("useful_tokens", s.Service?.UsefulTokens),
            ("recomputed_tokens", s.Service?.RecomputedTokens),
            ("wasted_tokens", s.Service?.WastedTokens),
            ("jain_index", s.Service?.JainIndex),
        ];
}
