namespace LlmSim.Workloads.Traces;

/// <summary>
/// Requests of LLMServingSim (github.com/casys-kaist/LLMServingSim, workloads). Its sessions of sub_requests are no requests with
/// times of their own, and are refused.
/// </summary>
internal static class LlmServingSimFormat
{
    public static TraceFormat Format { get; } =
        new("llmservingsim", "LLMServingSim's JSON Lines: arrival_time_ns, input_toks, output_toks")
        {
            Arrival = ["arrival_time_ns"],
            Input = ["input_toks"],
            Output = ["output_toks"],
            Unit = TimeUnit.Nanoseconds,
            IsUnitCertain = true,
        };
}
