using LlmSim.Batching;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// Budgets of the deployments that rows were measured with, where the tools that deployed them are known to give others than the engines'
/// own. Rows do not say them.
/// </summary>
internal static class RowBudgets
{
    private const int InferenceXUnit = 64;
    private const int InferenceXLeast = 8192;

    /// <summary>Tokens beside the longest prompt that aiconfigurator leaves room for.</summary>
    private const int GeneratorRoom = 1500;

    /// <summary>
    /// Deployments of the InferenceX benchmark. Its scripts for trtllm-serve give --max_num_tokens (concurrency + prompt + 64 + 63) / 64 · 64,
    /// at least 8,192, so that a prompt fits beside all that decode.
    /// </summary>
    public static ServingDeployment OfInferenceX(
        ServingDeployment deployment,
        int inputTokens,
        int? concurrency
    ) =>
        RowNames.Engine(deployment.Engine) == EngineKind.TensorRtLlm
            ? deployment with
            {
                MaxBatchedTokens = Math.Max(
                    InferenceXLeast,
                    ((concurrency ?? 0) + inputTokens + (2 * InferenceXUnit) - 1)
                        / InferenceXUnit
                        * InferenceXUnit
                ),
            }
            : deployment;

    /// <summary>
    /// Deployments that aiconfigurator generated (generator/rule_plugin/trtllm.rule and sglang.rule): max_num_tokens is the batch, the
    /// prompt and 1,500 together, max_prefill_tokens the prompt and 1,500; SGLang mixes decoding with prompts in aggregated serving. Rows of SGLang
    /// 0.5.1 are older than that rule: their first tokens come as late as prompts first let them.
    /// </summary>
    public static ServingDeployment OfGenerator(
        ServingDeployment deployment,
        int inputTokens,
        int? concurrency
    ) =>
        RowNames.Engine(deployment.Engine) switch
        {
            EngineKind.TensorRtLlm => deployment with
            {
                MaxBatchedTokens = (concurrency ?? 0) + inputTokens + GeneratorRoom,
            },
            EngineKind.Sglang when !deployment.EngineVersion.StartsWith("0.5.1.", StringComparison.Ordinal) =>
                deployment with
                {
                    MaxPrefillTokens = inputTokens + GeneratorRoom,
                    MixedChunk = deployment.Mixed is not null,
                },
            _ => deployment,
        };
}
