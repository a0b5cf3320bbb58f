using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Batching;

/// <summary>Large clusters most of whose instances have nothing to do.</summary>
public sealed class IdleInstanceTests
{
    [Theory]
    [InlineData(EngineKind.Vllm)]
    [InlineData(EngineKind.Sglang)]
    [InlineData(EngineKind.TensorRtLlm)]
    public void An_engine_that_is_idle_takes_little_memory(EngineKind kind)
    {
        Build(kind, instances: 10);
        var few = Build(kind, instances: 100);
        var many = Build(kind, instances: 1100);

        // About 5 KB; what the runtime allocates for code that is not yet compiled to the end comes on top.
        Assert.InRange((many - few) / 1000, 100, 8_000);
    }

    private static long Build(EngineKind kind, int instances)
    {
        var spec = new InstanceSpec
        {
            Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"),
            TpSize = 1,
            Engine = new EngineSpec { Kind = kind },
        };
        var scenario = Scenarios.Default() with
        {
            Model = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B"),
            PrefillInstances = [],
            DecodeInstances = [],
            MixedInstances = [.. Enumerable.Repeat(spec, instances)],
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        var cluster = new Cluster(scenario, [], Recorders.For(scenario), maxIterationsPerEvent: 1);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(instances, cluster.BatchedInstances.Count);
        return allocated;
    }
}
