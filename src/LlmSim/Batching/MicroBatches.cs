namespace LlmSim.Batching;

/// <summary>The micro-batches of an instance: one, or those of a pipeline and who is between them.</summary>
internal sealed class MicroBatches
{
    /// <summary>One for each of these times.</summary>
    /// <param name="times">The times.</param>
    /// <param name="make">Makes one.</param>
    public MicroBatches(IterationPlan[] times, Func<IterationPlan, MicroBatch> make)
    {
        SideBySide = times.Length;
        Between = times.Length == 1 ? null : make(new IterationPlan());
        All = [.. times.Select(make), .. Between is null ? [] : new[] { Between }];
        Used = All[0];
    }

    /// <summary>All of them, and those between.</summary>
    public MicroBatch[] All { get; }

    /// <summary>Those that are computed.</summary>
    public ReadOnlySpan<MicroBatch> Computed => All.AsSpan(0, SideBySide);

    /// <summary>How many those are.</summary>
    public int SideBySide { get; }

    /// <summary>The only one outside pipelines.</summary>
    public MicroBatch First => All[0];

    /// <summary>The one that is planned, or whose iteration ends.</summary>
    public MicroBatch Used { get; private set; }

    /// <summary>
    /// Who has a part of its prompt under way and goes on with the next micro-batch: the stages are passed in order, so that the parts of a prompt may follow
    /// each other. Null outside pipelines.
    /// </summary>
    public MicroBatch? Between { get; }

    /// <summary>Requests of all of them.</summary>
    public int Requests
    {
        get
        {
            var requests = 0;
            foreach (var batch in All)
            {
                requests += batch.Requests;
            }

            return requests;
        }
    }

    /// <summary>Has the scheduler look at one of them.</summary>
    public void Use(MicroBatch batch, IterationScheduler scheduler)
    {
        Used = batch;
        scheduler.Use(batch, Requests - batch.Requests);
    }

    /// <summary>What each has of so many requests, with what they have computed and are to get.</summary>
    public (int Requests, long Computed, long Tokens) Share(int requests, long computed, long tokens) =>
        (
            (requests + SideBySide - 1) / SideBySide,
            (computed + SideBySide - 1) / SideBySide,
            (tokens + SideBySide - 1) / SideBySide
        );
}
