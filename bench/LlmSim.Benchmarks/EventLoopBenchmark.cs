using BenchmarkDotNet.Attributes;
using LlmSim.Kernel;

namespace LlmSim.Benchmarks;

/// <summary>One event, taken and another scheduled, with so many pending.</summary>
[MemoryDiagnoser]
public class EventLoopBenchmark
{
    private const int Events = 100_000;

    [Params(16, 1024)]
    public int Pending { get; set; }

    [Benchmark(OperationsPerInvoke = Events)]
    public long Timers()
    {
        var simulation = new Simulation();
        var left = Events - Pending;
        var random = new RandomStream(1, "bench");
        for (var i = 0; i < Pending; i++)
        {
            EventTimer timer = null!;
            timer = simulation.CreateTimer(
                default,
                () =>
                {
                    if (left-- > 0)
                    {
                        timer.Set(simulation.Now + new SimTime(random.Next(1_000_000)));
                    }
                }
            );
            timer.Set(new SimTime(i));
        }

        simulation.Run();
        return simulation.EventCount;
    }
}
