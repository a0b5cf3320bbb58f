using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>Engines in words.</summary>
internal static class EngineDescription
{
    /// <summary>Whose rules an instance batches by, with the version where one was given; empty for vLLM without one.</summary>
    public static string Of(InstanceSpec instance) =>
        instance.Engine switch
        {
            null or { Kind: EngineKind.Vllm, Version: "" } => "",
            { Version: "" } engine => EngineDefaults.Name(engine.Kind),
            { } engine => $"{EngineDefaults.Name(engine.Kind)} {engine.Version}",
        };
}
