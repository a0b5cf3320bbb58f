using BenchmarkDotNet.Attributes;
using LlmSim.Engine;

namespace LlmSim.Benchmarks;

/// <summary>One event, taken and another scheduled, with so many pending.</summary>
[MemoryDiagnoser]
public class EventLoopBenchmark
{
    private const int Events = 100_000;

    [Params(16, 1024)]
    public int Pending { get; set; }

    [Benchmark(OperationsPerInvoke = Events)]
    public long HoldModel()
    {
        var simulation = new Simulation();
        var handler = new Handler(simulation, Events - Pending);
        for (var i = 0; i < Pending; i++)
        {
            simulation.Schedule(new SimTime(i), default, handler);
        }

        simulation.Run();
        return simulation.EventCount;
    }

    private sealed class Handler(Simulation simulation, int more) : IEventHandler
    {
        private readonly RandomStream _random = new(1, "bench");
        private int _left = more;

        public void Handle(long argument)
        {
            if (_left-- > 0)
            {
                simulation.Schedule(simulation.Now + new SimTime(_random.Next(1_000_000)), default, this);
            }
        }
    }
}
