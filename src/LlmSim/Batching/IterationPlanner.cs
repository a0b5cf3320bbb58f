using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// What is known when an iteration is planned. Planned while the one before it runs, it knows neither who has come since that
/// began nor what the requests that end with it free.
/// </summary>
internal sealed class IterationPlanner(
    EngineSpec spec,
    IterationScheduler scheduler,
    WaitingRequests waiting,
    PagedKvCache cache
)
{
    /// <summary>Ended, with places in the batch and blocks that are still held.</summary>
    private readonly List<SequenceState> _departing = [];

    /// <summary>A request has ended: what it holds is free as soon as an iteration may be planned with it.</summary>
    public void Depart(SequenceState sequence) => _departing.Add(sequence);

    /// <summary>Plans the next iteration.</summary>
    /// <param name="now">The simulated clock: the iteration before it has ended.</param>
    /// <param name="lastBegin">When that one began.</param>
    /// <returns>What its time depends on: no tokens when there is nothing to compute.</returns>
    public IterationBatch Next(SimTime now, SimTime lastBegin)
    {
        if (spec.AsyncScheduling)
        {
            waiting.SeeUntil(lastBegin);
            var batch = scheduler.Schedule(now, _departing.Count);
            LetGo();
            if (batch.Tokens > 0)
            {
                return batch;
            }

            // There was nothing to plan ahead: what is known now counts.
        }

        LetGo();
        waiting.SeeUntil(now);
        return scheduler.Schedule(now, departing: 0);
    }

    /// <summary>What the next iteration would hold if no prompt were held back.</summary>
    public NextIteration LooksAhead(SimTime now, SimTime lastBegin)
    {
        waiting.SeeUntil(spec.AsyncScheduling ? lastBegin : now);
        return scheduler.LooksAhead(now, spec.AsyncScheduling ? _departing.Count : 0);
    }

    /// <summary>Everything is lost.</summary>
    public void Clear() => _departing.Clear();

    private void LetGo()
    {
        if (_departing.Count == 0)
        {
            return;
        }

        foreach (var sequence in _departing)
        {
            cache.PublishAnswer(sequence);
            cache.Release(sequence);
        }

        _departing.Clear();
        scheduler.OnFreed();
    }
}
