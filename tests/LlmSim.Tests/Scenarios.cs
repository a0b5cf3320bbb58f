using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Policies;

namespace LlmSim.Tests;

/// <summary>Clusters that several tests use.</summary>
internal static class Scenarios
{
    public const string Llama70B = "unsloth/Llama-3.3-70B-Instruct";

    public static IReadOnlyList<InstanceSpec> Instances(string hardware, int tp, int count) =>
        [
            .. Enumerable.Repeat(
                new InstanceSpec { Hardware = HardwareCatalog.BuiltIn.Get(hardware), TpSize = tp },
                count
            ),
        ];

    /// <summary>The reference's semantics under the policies of its recorded runs.</summary>
    public static Scenario Reference(
        IReadOnlyList<InstanceSpec> prefill,
        IReadOnlyList<InstanceSpec> decode
    ) =>
        new()
        {
            Model = ModelCatalog.BuiltIn.Get(Llama70B),
            PrefillInstances = prefill,
            DecodeInstances = decode,
            Policies = PolicyCatalog.BuiltIn.CreateSet("lowest_load", "shortest", "round_robin", "fcfs"),
            Semantics = Semantics.Reference,
        };

    /// <summary>The default cluster: four prefill and four decode instances of H100 at tp 4.</summary>
    public static Scenario Default() =>
        new()
        {
            Model = ModelCatalog.BuiltIn.Get(Llama70B),
            PrefillInstances = Instances("NVIDIA_H100_SXM", tp: 4, count: 4),
            DecodeInstances = Instances("NVIDIA_H100_SXM", tp: 4, count: 4),
            Policies = PolicyCatalog.BuiltIn.CreateSet("lowest_load", "fcfs", "lowest_load", "fcfs"),
        };

    /// <summary>A cluster whose times and memory a test chooses.</summary>
    public static Scenario Abstract(
        IPerformanceModel performance,
        int prefillInstances = 1,
        int decodeInstances = 1,
        int kvCapacityTokens = 1_000_000_000
    ) => AbstractScenario.Of(performance, prefillInstances, decodeInstances, kvCapacityTokens);

    /// <summary>The same of instances with an engine.</summary>
    public static Scenario AbstractEngines(
        IPerformanceModel performance,
        EngineSpec engine,
        int prefill = 0,
        int decode = 0,
        int mixed = 0
    ) => AbstractScenario.OfEngines(performance, engine, prefill, decode, mixed);
}

/// <summary>Recorders for tests that drive a cluster directly.</summary>
internal static class Recorders
{
    public static MetricsRecorder For(Scenario scenario, Action<RequestRecord>? onRequest = null) =>
        new(scenario.Semantics.Tpot, scenario.TtftSloSeconds, scenario.TpotSloSeconds, onRequest)
        {
            Images = scenario.TakesImages
                ? new ImageRecorder(scenario.TakesVideos, scenario.TakesAudio)
                : null,
        };
}
