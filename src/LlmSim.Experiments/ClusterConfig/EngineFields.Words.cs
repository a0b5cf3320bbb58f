using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>Words for what the fields speak of.</content>
internal static partial class EngineFields
{
    /// <summary>A kind as its makers write it.</summary>
    public static string Words(EngineKind kind) =>
        kind switch
        {
            EngineKind.Sglang => "SGLang",
            EngineKind.TensorRtLlm => "TensorRT-LLM",
            _ => "vLLM",
        };

    private static string OverheadSummary(string field) =>
        field switch
        {
            "iteration_seconds" => "of each iteration",
            "layer_seconds" => "of each layer in an iteration",
            "sequence_seconds" => "of each request in an iteration",
            "prompt_seconds" => "of each part of a prompt in an iteration, beside those of a request",
            "eager_layer_seconds" => "that the host needs to launch the kernels of a dense layer one by one",
            "request_seconds" => "of each request before the engine may schedule it",
            _ => throw new InvalidOperationException($"{field} has no summary"),
        };
}
