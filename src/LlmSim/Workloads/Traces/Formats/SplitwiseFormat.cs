namespace LlmSim.Workloads.Traces;

/// <summary>Traces of SplitwiseSim (github.com/Mutinifni/splitwise-sim, traces).</summary>
internal static class SplitwiseFormat
{
    public static TraceFormat Format { get; } =
        new("splitwise", "SplitwiseSim's CSV: arrival_timestamp in s, prompt_size, token_size")
        {
            Arrival = ["arrival_timestamp"],
            Input = ["prompt_size"],
            Output = ["token_size"],
            IsUnitCertain = true,
        };
}
