using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Instances.Queues;

/// <summary>
/// The queue of an instance under its local policy. Selecting and removing are two steps, because a decode instance
/// only removes the selected request when it fits.
/// </summary>
internal abstract partial class RequestQueue
{
    public abstract int Count { get; }

    /// <summary>Whether the next request stays the same until one joins or leaves.</summary>
    public abstract bool HasFixedOrder { get; }

    /// <summary>Whether every request has to go through it, one that could run at once as well.</summary>
    public virtual bool IsWatched => false;

    /// <summary>A queue under a policy.</summary>
    public static RequestQueue Create(PolicyDecisions decision, ILocalPolicy policy, RandomStream random) =>
        policy is IOrderedLocalPolicy ordered and not IQueueWatchingPolicy
            ? new OrderedQueue(ordered)
            : new ScannedQueue(decision, policy, random);

    /// <summary>A queue by priority, then by arrival, as vLLM's.</summary>
    public static RequestQueue ByPriority() => new PriorityQueue();

    /// <summary>A request joins the queue of an instance.</summary>
    public void Enqueue(Request request, Instance instance, SimTime now)
    {
        request.Queued = now;
        OnQueued(request, instance, now);
        Add(request);
    }

    /// <summary>The request that the policy wants next; the queue must not be empty.</summary>
    public abstract Request Select(Instance instance, SimTime now);

    /// <summary>The same of those that may be taken alone; null for none.</summary>
    public virtual Request? SelectAmong(
        Instance instance,
        SimTime now,
        Func<SequenceState, bool> mayBeTaken
    ) => throw new InvariantViolationException("an engine without adapters was to pass requests over");

    /// <summary>Removes the request of the last <see cref="Select" />.</summary>
    public void RemoveSelected(Instance instance, SimTime now) => OnTaken(TakeSelected(), instance, now);

    /// <summary>Requests are about to be selected: an engine's own order is brought up to date.</summary>
    /// <param name="countHits">Blocks of a request's prompt that are found.</param>
    public virtual void Arrange(Func<SequenceState, int> countHits) { }

    /// <summary>Takes the request of the last <see cref="Select" /> out.</summary>
    protected abstract Request TakeSelected();

    /// <summary>A request is about to join.</summary>
    protected virtual void OnQueued(Request request, Instance instance, SimTime now) { }

    /// <summary>A request has been taken.</summary>
    protected virtual void OnTaken(Request request, Instance instance, SimTime now) { }

    /// <summary>Removes a request, wherever it stands; false when it is not here.</summary>
    public abstract bool Remove(Request request);

    /// <summary>Removes all of them.</summary>
    public abstract void Clear();

    /// <summary>Sum of a figure over the queued requests.</summary>
    public abstract long Sum<TState>(TState state, Func<Request, TState, long> figure);

    /// <summary>Adds the queued requests to a list, in no particular order.</summary>
    public void CopyTo(List<Request> requests) =>
        Sum(
            requests,
            static (request, list) =>
            {
                list.Add(request);
                return 0;
            }
        );

    protected abstract void Add(Request request);

    /// <summary>A heap for what is an order by a fixed key.</summary>
    private abstract class HeapQueue : RequestQueue
    {
        private readonly RequestHeap _heap = new();

        /// <summary>Where adapters say who may be taken, the last one that was selected.</summary>
        private Request? _selected;

        protected RequestHeap Heap => _heap;

        public override int Count => _heap.Count;

        public override bool HasFixedOrder => true;

        public override Request Select(Instance instance, SimTime now) => _heap.First;

        public override Request? SelectAmong(
            Instance instance,
            SimTime now,
            Func<SequenceState, bool> mayBeTaken
        ) => _selected = _heap.FirstAmong(mayBeTaken);

        protected override Request TakeSelected()
        {
            if (_selected is not { } selected || selected == _heap.First)
            {
                return _heap.TakeFirst();
            }

            _heap.Remove(selected);
            return selected;
        }

        public override bool Remove(Request request) => _heap.Remove(request);

        public override void Clear()
        {
            while (_heap.Count > 0)
            {
                _heap.TakeFirst();
            }
        }

        public override long Sum<TState>(TState state, Func<Request, TState, long> figure)
        {
            var sum = 0L;
            for (var i = 0; i < _heap.Count; i++)
            {
                sum += figure(_heap.At(i), state);
            }

            return sum;
        }
    }

    /// <summary>Those of a lower priority value first, of equal ones who arrived first.</summary>
    private sealed class PriorityQueue : HeapQueue
    {
        protected override void Add(Request request) =>
            Heap.Add(request.Origin.Priority, request.Arrival, request);
    }

    /// <summary>For policies that are an order by a fixed key; equal keys go in queue order.</summary>
    private sealed class OrderedQueue(IOrderedLocalPolicy policy) : HeapQueue
    {
        private readonly bool _isAUsers = PolicyFailure.IsAUsers(policy);

        protected override void Add(Request request)
        {
            var key = KeyOf(request);
            if (double.IsNaN(key))
            {
                throw new UserErrorException(
                    $"policy {PolicyNames.Of(policy)}: its key for request {request.Id} is not a number (at {request.Queued})"
                );
            }

            Heap.Add(key, request);
        }

        private double KeyOf(Request request)
        {
            try
            {
                using var call = _isAUsers
                    ? AuthorsCall.Enter(
                        policy,
                        "at {0}, asked for the key of request {1}",
                        request.Queued,
                        request.Id
                    )
                    : default;
                return policy.Key(new RequestView(request));
            }
            catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
            {
                throw PolicyFailure.Of(
                    policy,
                    request.Queued,
                    $"asked for the key of request {request.Id}",
                    e
                );
            }
        }
    }
}
