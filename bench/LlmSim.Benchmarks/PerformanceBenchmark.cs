using BenchmarkDotNet.Attributes;
using LlmSim.Instances;
using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;

namespace LlmSim.Benchmarks;

/// <summary>The roofline, and a macro-step planned on it and cut by a joiner.</summary>
[MemoryDiagnoser]
public class PerformanceBenchmark
{
    private static readonly DecodeBatch s_batch = new(60, 60 * 1500, 4000);

    private readonly RooflineModel _model = new(
        ModelCatalog.BuiltIn.Get("unsloth/Llama-3.3-70B-Instruct"),
        new Precision(),
        new InstanceSpec { Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"), TpSize = 4 },
        Semantics.Standard
    );

    private readonly IterationPlan _plan = new();

    [Params(10, 1000)]
    public int Iterations { get; set; }

    [Benchmark]
    public double DecodeIteration() => _model.Seconds(IterationBatch.OfDecode(s_batch));

    [Benchmark]
    public long MacroStep()
    {
        _plan.Make(SimTime.Zero, Iterations, s_batch, _model);
        _plan.CutAfter(new SimTime(_plan.End.Nanoseconds / 2));
        return _plan.End.Nanoseconds;
    }
}
