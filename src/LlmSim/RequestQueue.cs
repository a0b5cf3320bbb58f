using System.Runtime.InteropServices;
using LlmSim.Engine;
using LlmSim.Policies;

namespace LlmSim;

/// <summary>
/// The queue of an instance under its local policy. Selecting and removing are two steps, because a decode instance
/// only removes the selected request when it fits.
/// </summary>
internal abstract class RequestQueue
{
    public abstract int Count { get; }

    /// <summary>Whether the next request stays the same until one joins or leaves.</summary>
    public abstract bool HasFixedOrder { get; }

    public static RequestQueue Create(PolicyDecisions decision, ILocalPolicy policy, RandomStream random) =>
        policy is IOrderedLocalPolicy ordered
            ? new OrderedQueue(ordered)
            : new ScannedQueue(decision, policy, random);

    public void Enqueue(Request request, SimTime now)
    {
        request.Queued = now;
        Add(request);
    }

    /// <summary>The request that the policy wants next; the queue must not be empty.</summary>
    public abstract Request Select(Instance instance, SimTime now);

    /// <summary>Takes the request of the last <see cref="Select" /> out.</summary>
    public abstract void RemoveSelected();

    /// <summary>Sum of a figure over the queued requests.</summary>
    public abstract long Sum<TState>(TState state, Func<Request, TState, long> figure);

    protected abstract void Add(Request request);

    /// <summary>A heap for policies that are an order by a fixed key; equal keys go in queue order.</summary>
    private sealed class OrderedQueue(IOrderedLocalPolicy policy) : RequestQueue
    {
        private readonly RequestHeap _heap = new();

        public override int Count => _heap.Count;

        public override bool HasFixedOrder => true;

        public override Request Select(Instance instance, SimTime now) => _heap.First;

        public override void RemoveSelected() => _heap.TakeFirst();

        public override long Sum<TState>(TState state, Func<Request, TState, long> figure)
        {
            var sum = 0L;
            for (var i = 0; i < _heap.Count; i++)
            {
                sum += figure(_heap.At(i), state);
            }

            return sum;
        }

        protected override void Add(Request request)
        {
            var key = policy.Key(new RequestView(request));
            if (double.IsNaN(key))
            {
                throw new UserErrorException(
                    $"policy {PolicyNames.Of(policy)}: its key for request {request.Id} is not a number (at {request.Queued})"
                );
            }

            _heap.Add(key, request);
        }
    }

    /// <summary>A list in queue order for policies that have to look at every request.</summary>
    private sealed class ScannedQueue(PolicyDecisions decision, ILocalPolicy policy, RandomStream random)
        : RequestQueue
    {
        private readonly List<Request> _requests = [];
        private int _selected;

        public override int Count => _requests.Count;

        public override bool HasFixedOrder => false;

        public override Request Select(Instance instance, SimTime now)
        {
            var queue = CollectionsMarshal.AsSpan(_requests);
            _selected = policy.Choose(new LocalContext(decision, now, instance, queue, random));
            if (_selected < 0 || _selected >= queue.Length)
            {
                throw new UserErrorException(
                    $"policy {PolicyNames.Of(policy)}: at {now} it chose position {_selected} of a queue of {queue.Length}"
                );
            }

            return queue[_selected];
        }

        public override void RemoveSelected() => _requests.RemoveAt(_selected);

        public override long Sum<TState>(TState state, Func<Request, TState, long> figure)
        {
            var sum = 0L;
            foreach (var request in CollectionsMarshal.AsSpan(_requests))
            {
                sum += figure(request, state);
            }

            return sum;
        }

        protected override void Add(Request request) => _requests.Add(request);
    }
}
