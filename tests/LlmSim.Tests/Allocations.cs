using LlmSim.Workloads;

namespace LlmSim.Tests;

/// <summary>Memory that a simulation takes.</summary>
internal static class Allocations
{
    private const int Runs = 5;

    /// <summary>
    /// Bytes that 1,600 of 6,000 requests allocate, when everything has been reached before. The least of several runs: code that was not yet
    /// compiled to the end allocates what later it does not, and how long that lasts depends on what else the machine does.
    /// </summary>
    public static long OfSteadyState(Func<Scenario> scenario, RequestSpec[] requests)
    {
        var least = long.MaxValue;
        for (var run = 0; run < Runs && least != 0; run++)
        {
            least = Math.Min(least, OfOneRun(scenario(), requests));
        }

        return least;
    }

    private static long OfOneRun(Scenario scenario, RequestSpec[] requests)
    {
        long before = 0,
            after = 0;
        var recorder = Recorders.For(scenario);
        recorder.CompletionObserver = completed =>
        {
            // The lists of values double in between at 4096 only.
            if (completed == 4200)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }
            else if (completed == 5800)
            {
                after = GC.GetAllocatedBytesForCurrentThread();
            }
        };

        new Cluster(scenario, requests, recorder, 4096).Run(CancellationToken.None);

        return after - before;
    }
}
