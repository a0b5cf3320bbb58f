using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;

namespace LlmSim.Tests.Performance;

/// <summary>Models and instances that several tests use.</summary>
internal static class Scenes
{
    public static ModelDescription Llama70B => ModelCatalog.BuiltIn.Get("unsloth/Llama-3.3-70B-Instruct");

    public static InstanceSpec Instance(string hardware, int tpSize) =>
        new() { Hardware = HardwareCatalog.BuiltIn.Get(hardware), TpSize = tpSize };

    public static RooflineModel Roofline(Semantics semantics, int tpSize = 4, bool fusedAttention = true) =>
        new(Llama70B, new Precision(), Instance("NVIDIA_H100_SXM", tpSize), semantics, fusedAttention);

    /// <summary>Every combination of the options that concern the roofline.</summary>
    public static IEnumerable<Semantics> AllSemantics() =>
        from context in Enum.GetValues<DecodeAttentionContext>()
        from division in Enum.GetValues<AttentionTensorParallelism>()
        from output in Enum.GetValues<FlashOutput>()
        from mask in Enum.GetValues<AttentionMask>()
        from lmHead in Enum.GetValues<LmHead>()
        from communication in Enum.GetValues<TensorParallelCommunication>()
        from padding in Enum.GetValues<BatchPadding>()
        select Semantics.Reference with
        {
            DecodeAttentionContext = context,
            AttentionTensorParallelism = division,
            FlashOutput = output,
            AttentionMask = mask,
            LmHead = lmHead,
            TensorParallelCommunication = communication,
            BatchPadding = padding,
        };
}
