using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Benchmarks;

/// <summary>
/// The scenario S1 of docs/performance.md in a process that has simulated before, so that the runtime has compiled what it will:
/// what a request costs, whatever their number.
/// </summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, warmupCount: 2, iterationCount: 5)]
public class GrowthBenchmark
{
    private static readonly InstanceSpec s_instance = new()
    {
        Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"),
        TpSize = 4,
    };

    [Params(100_000, 1_000_000, 10_000_000)]
    public int Requests { get; set; }

    /// <summary>Compiles the hot code, for which the shortest runs would not do.</summary>
    [GlobalSetup]
    public void WarmUp() => Simulate(2_000_000);

    [Benchmark]
    public RunSummary Simulate() => Simulate(Requests);

    private static RunSummary Simulate(int requests)
    {
        const long Seed = 2025;
        var scenario = new Scenario
        {
            Model = ModelCatalog.BuiltIn.Get("unsloth/Llama-3.3-70B-Instruct"),
            PrefillInstances = [s_instance, s_instance, s_instance, s_instance],
            DecodeInstances = [s_instance, s_instance, s_instance, s_instance],
            Policies = PolicyCatalog.BuiltIn.CreateSet("round_robin", "fcfs", "round_robin", "fcfs"),
        };
        var lengths = SyntheticWorkload.Independent(
            LognormalLengths.WithMean(1000, sigma: 1, SyntheticWorkload.DefaultMaxTokens),
            LognormalLengths.WithMean(250, sigma: 1, SyntheticWorkload.DefaultMaxTokens),
            Seed
        );
        return Simulator.Run(scenario, ArrivalProcess.Poisson.Apply(lengths, 60, Seed, requests));
    }
}
