using LlmSim.Performance;
using LlmSim.Policies;

namespace LlmSim.Testing;

/// <summary>Scenarios without a real model or accelerator, whose results can be worked out by hand.</summary>
public static class AbstractScenario
{
    /// <summary>
    /// A cluster whose times and memory a test chooses: one KV byte a token, so a capacity in bytes is one in tokens. The links take no
    /// time, and the policies are lowest_load and fcfs.
    /// </summary>
    /// <param name="performance">Times of iterations.</param>
    /// <param name="prefillInstances">How many prefill.</param>
    /// <param name="decodeInstances">How many decode.</param>
    /// <param name="kvCapacityTokens">Tokens of KV cache that each holds.</param>
    public static Scenario Of(
        IPerformanceModel performance,
        int prefillInstances = 1,
        int decodeInstances = 1,
        int kvCapacityTokens = 1_000_000_000
    ) =>
        new()
        {
            Model = TinyModel,
            Precision = new Precision(8, 8, kvBits: 4),
            PrefillInstances = AbstractInstances(prefillInstances, kvCapacityTokens),
            DecodeInstances = AbstractInstances(decodeInstances, kvCapacityTokens),
            Policies = PolicyCatalog.BuiltIn.CreateSet("lowest_load", "fcfs", "lowest_load", "fcfs"),
            PerformanceModelFactory = _ => performance,
        };

    /// <summary>The same of instances with an engine.</summary>
    /// <param name="performance">Times of iterations.</param>
    /// <param name="engine">The engine of all.</param>
    /// <param name="prefill">How many prefill alone.</param>
    /// <param name="decode">How many decode alone.</param>
    /// <param name="mixed">How many do both.</param>
    public static Scenario OfEngines(
        IPerformanceModel performance,
        EngineSpec engine,
        int prefill = 0,
        int decode = 0,
        int mixed = 0
    )
    {
        var scenario = Of(performance);
        var spec = scenario.PrefillInstances[0] with { Engine = engine };
        return scenario with
        {
            PrefillInstances = [.. Enumerable.Repeat(spec, prefill)],
            DecodeInstances = [.. Enumerable.Repeat(spec, decode)],
            MixedInstances = [.. Enumerable.Repeat(spec, mixed)],
        };
    }

    private static ModelDescription TinyModel { get; } =
        new()
        {
            Id = "tiny",
            Family = ModelFamily.Llama,
            HiddenSize = 1,
            IntermediateSize = 1,
            Layers = 1,
            Attention = new()
            {
                Layers = 1,
                Heads = 1,
                KvHeads = 1,
                HeadSize = 1,
                ValueHeadSize = 1,
            },
            VocabularySize = 1,
            MaxContextTokens = int.MaxValue,
            TiedEmbeddings = true,
            Parameters = 0,
        };

    private static IReadOnlyList<InstanceSpec> AbstractInstances(int count, long kvCapacityTokens) =>
        [
            .. Enumerable.Repeat(
                new InstanceSpec
                {
                    Hardware = new HardwareDescription
                    {
                        Name = "abstract",
                        MemoryBytesPerSecond = 1,
                        Fp16OpsPerSecond = 1,
                        Int8OpsPerSecond = 1,
                        OnChipBufferBytes = 1,
                        MemoryBytes = kvCapacityTokens,
                        LinkBytesPerSecond = 1,
                        LinkLatencySeconds = 0,
                        Source = "a test",
                    },
                    TpSize = 1,
                    MemoryUtilization = 1,
                    ActivationBytes = 0,
                    // One byte a token over an all but infinite link: the transfer takes no time.
                    KvLinkBytesPerSecond = 1e30,
                    KvLinkLatencySeconds = 0,
                },
                count
            ),
        ];
}
