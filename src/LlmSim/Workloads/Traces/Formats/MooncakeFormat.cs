namespace LlmSim.Workloads.Traces;

/// <summary>
/// The traces published with Mooncake (Qin et al., FAST 2025; github.com/kvcache-ai/Mooncake, FAST25-release/traces). The same
/// fields with <c>timestamp_ns</c> are those of this project's recorded runs.
/// </summary>
internal static class MooncakeFormat
{
    public static TraceFormat Format { get; } =
        new(
            "mooncake",
            "Mooncake's JSON Lines: timestamp in ms, input_length, output_length, hash_ids of 512 tokens"
        )
        {
            Arrival = ["timestamp", "timestamp_ns"],
            Input = ["input_length"],
            Output = ["output_length"],
            HashIds = ["hash_ids"],
            Unit = TimeUnit.Milliseconds,
        };
}
