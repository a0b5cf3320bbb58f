using System.Diagnostics.CodeAnalysis;

namespace LlmSim.Kernel;

/// <summary>What a <see cref="Queue{T}" /> lacks.</summary>
internal static class Queues
{
    /// <summary>Takes the first that matches out of a queue; the others keep their order.</summary>
    /// <returns>Whether there is one.</returns>
    public static bool TryTake<T>(
        this Queue<T> queue,
        Predicate<T> matches,
        [MaybeNullWhen(false)] out T taken
    )
    {
        (taken, var isTaken) = (default, false);
        for (var left = queue.Count; left > 0; left--)
        {
            var one = queue.Dequeue();
            if (!isTaken && matches(one))
            {
                (taken, isTaken) = (one, true);
            }
            else
            {
                queue.Enqueue(one);
            }
        }

        return isTaken;
    }
}
