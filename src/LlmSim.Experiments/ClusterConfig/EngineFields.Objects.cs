using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>Fields that are objects with fields of their own.</content>
internal static partial class EngineFields
{
    private static IReadOnlyList<ClusterField<EngineSpec>> Objects =>
        [
            new(
                "speculative_config",
                new ClusterValue.Fields("", SpeculationFields.All),
                "none",
                "speculative decoding: who drafts, how many tokens, and how many of them are accepted",
                (engine, value) => engine with { Speculation = (SpeculationSpec)value }
            ),
            new ClusterField<EngineSpec>(
                "lora",
                new ClusterValue.Fields("", LoraFields.All),
                "none",
                "adapters that requests may ask for: how many, of which rank, and how they come to the accelerators",
                (engine, value) => engine with { Lora = (LoraSpec)value }
            )
            {
                ReadBy = EngineKind.Vllm,
            },
            new(
                "structured_output",
                new ClusterValue.Fields("", StructuredOutputFields.All),
                "none",
                "what output with a grammar costs: masks of tokens, and compiling grammars",
                (engine, value) => engine with { StructuredOutput = (StructuredOutputSpec)value }
            ),
        ];
}
