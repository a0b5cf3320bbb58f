namespace LlmSim.Workloads.Traces;

/// <summary>Traces of Vidur (github.com/microsoft/vidur, data/processed_traces); some have lengths alone.</summary>
internal static class VidurFormat
{
    public static TraceFormat Format { get; } =
        new("vidur", "Vidur's CSV: arrived_at in s (some have none), num_prefill_tokens, num_decode_tokens")
        {
            Arrival = ["arrived_at"],
            Input = ["num_prefill_tokens"],
            Output = ["num_decode_tokens"],
            IsUnitCertain = true,
        };
}
