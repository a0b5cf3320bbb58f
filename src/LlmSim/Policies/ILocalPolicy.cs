namespace LlmSim.Policies;

/// <summary>Picks the next request of an instance's queue: prefill_local or decode_local.</summary>
public interface ILocalPolicy
{
    /// <summary>Chooses among the queued requests; there is at least one.</summary>
    /// <returns>A position in <see cref="LocalContext.Queue" />, from 0.</returns>
    int Choose(in LocalContext context);
}

/// <summary>
/// A local policy that is an order by a key which does not change while a request waits. Its queue is a heap, so a
/// decision costs O(log n). Equal keys go in queue order.
/// </summary>
public interface IOrderedLocalPolicy : ILocalPolicy
{
    /// <summary>The request with the smallest key goes first; never NaN.</summary>
    double Key(in RequestView request);

    /// <inheritdoc />
    int ILocalPolicy.Choose(in LocalContext context)
    {
        var best = 0;
        for (var i = 1; i < context.Queue.Count; i++)
        {
            if (Key(context.Queue[i]) < Key(context.Queue[best]))
            {
                best = i;
            }
        }

        return best;
    }
}

/// <summary>
/// A queueing policy that is told who joins the queue of an instance and who is taken from it, so that it can keep accounts. Every request goes through
/// the queue then, one that finds the instance idle as well.
/// </summary>
public interface IQueueWatchingPolicy : ILocalPolicy
{
    /// <summary>A request joins.</summary>
    /// <param name="context">The queue without it.</param>
    /// <param name="request">The request.</param>
    void OnQueued(in LocalContext context, in RequestView request);

    /// <summary>A request is taken: it runs from now on.</summary>
    /// <param name="context">The queue without it.</param>
    /// <param name="request">The request.</param>
    void OnTaken(in LocalContext context, in RequestView request);
}

/// <summary>A policy with counters, such as searches cut short, which are shown with the results.</summary>
public interface ICountingPolicy
{
    /// <summary>Names (lower case with underscores) and counts.</summary>
    IEnumerable<KeyValuePair<string, long>> Counters { get; }
}
