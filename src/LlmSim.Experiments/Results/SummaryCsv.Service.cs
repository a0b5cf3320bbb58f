using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <content>Clients that react, and the life of the instances.</content>
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
            ("instance_failures", s.Fleet?.Failures),
            ("availability_pct", s.Fleet?.AvailabilityPercent),
            ("mean_ready_instances", s.Fleet?.MeanReadyInstances),
            ("accelerator_seconds", s.Fleet?.AcceleratorSeconds),
            ("idle_accelerator_seconds", s.Fleet?.IdleAcceleratorSeconds),
            ("recovery_seconds", s.Fleet?.RecoverySeconds),
            ("goodput_during_failures", s.Fleet?.GoodputDuringFailures),
            ("goodput_without_failures", s.Fleet?.GoodputWithoutFailures),
        ];
}
