using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace LlmSim.Experiments.Sweeps;

/// <summary>Threads that take work from a list, in its order.</summary>
internal static class Workers
{
    /// <summary>Does all the work. The first failure stops the other workers and is thrown.</summary>
    public static void Run<T>(
        int count,
        IEnumerable<T> work,
        Action<T, CancellationToken> action,
        CancellationToken cancellation
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var queue = new ConcurrentQueue<T>(work);
        Exception? failure = null;
        // A thread for each and none from the pool, which starts its threads hesitantly.
        var threads = Enumerable
            .Range(0, Math.Min(count, queue.Count))
            .Select(_ => new Thread(Work))
            .ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        void Work()
        {
            try
            {
                while (queue.TryDequeue(out var item))
                {
                    stop.Token.ThrowIfCancellationRequested();
                    action(item, stop.Token);
                }
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                stop.Cancel();
            }
        }
    }
}
