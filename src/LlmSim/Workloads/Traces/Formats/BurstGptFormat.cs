namespace LlmSim.Workloads.Traces;

/// <summary>
/// BurstGPT (github.com/HPMLL/BurstGPT): seconds from the start of the first day. Requests that failed have 0 response tokens.
/// </summary>
internal static class BurstGptFormat
{
    public static TraceFormat Format { get; } =
        new("burstgpt", "BurstGPT's CSV: Timestamp in s, Request tokens, Response tokens; failed rows have 0")
        {
            Arrival = ["Timestamp"],
            Input = ["Request tokens"],
            Output = ["Response tokens"],
            IsUnitCertain = true,
        };
}
