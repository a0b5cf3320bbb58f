namespace LlmSim.Workloads.Traces;

/// <summary>
/// AIPerf's profile_export.jsonl (github.com/ai-dynamo/aiperf, docs/tutorials/working-with-profile-exports.md). Records stand in
/// the order in which they ended; those of failed requests have no lengths.
/// </summary>
internal static class AiperfFormat
{
    public static TraceFormat Format { get; } =
        new(
            "aiperf",
            "AIPerf's profile_export.jsonl: request_start_ns, input_ and output_sequence_length; needs --sort"
        )
        {
            Marks = ["metadata.request_start_ns"],
            Arrival = ["metadata.request_start_ns"],
            Input = ["metrics.input_sequence_length.value"],
            Output = ["metrics.output_sequence_length.value"],
            Unit = TimeUnit.Nanoseconds,
            IsUnitCertain = true,
        };
}
