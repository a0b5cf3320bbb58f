using System.Runtime.InteropServices;
using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Instances.Queues;

/// <summary>
/// The queue of an instance under its local policy. Selecting and removing are two steps, because a decode instance
/// only removes the selected request when it fits.
/// </summary>
internal abstract class RequestQueue
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

        protected RequestHeap Heap => _heap;

        public override int Count => _heap.Count;

        public override bool HasFixedOrder => true;

        public override Request Select(Instance instance, SimTime now) => _heap.First;

        protected override Request TakeSelected() => _heap.TakeFirst();

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

    /// <summary>A list in queue order for policies that have to look at every request.</summary>
    private sealed class ScannedQueue(PolicyDecisions decision, ILocalPolicy policy, RandomStream random)
        : RequestQueue
    {
        private readonly List<Request> _requests = [];
        private readonly bool _isAUsers = PolicyFailure.IsAUsers(policy);
        private readonly IQueueWatchingPolicy? _watching = policy as IQueueWatchingPolicy;
        private int _selected;

        public override int Count => _requests.Count;

        public override bool HasFixedOrder => false;

        public override bool IsWatched => _watching is not null;

        public override Request Select(Instance instance, SimTime now)
        {
            var queue = CollectionsMarshal.AsSpan(_requests);
            _selected = Ask(instance, now, queue);
            if (_selected < 0 || _selected >= queue.Length)
            {
                throw new UserErrorException(
                    $"policy {PolicyNames.Of(policy)}: at {now} it chose position {_selected} of a queue of {Describe(queue)}"
                );
            }

            return queue[_selected];
        }

        protected override Request TakeSelected()
        {
            var request = _requests[_selected];
            _requests.RemoveAt(_selected);
            return request;
        }

        protected override void OnQueued(Request request, Instance instance, SimTime now)
        {
            if (_watching is not null)
            {
                Tell(request, instance, now, isTaken: false);
            }
        }

        protected override void OnTaken(Request request, Instance instance, SimTime now)
        {
            if (_watching is not null)
            {
                Tell(request, instance, now, isTaken: true);
            }
        }

        private void Tell(Request request, Instance instance, SimTime now, bool isTaken)
        {
            try
            {
                using var call = _isAUsers
                    ? AuthorsCall.Enter(policy, "at {0}, told of request {1}", now, request.Id)
                    : default;
                var queue = CollectionsMarshal.AsSpan(_requests);
                var context = new LocalContext(decision, now, instance, queue, random);
                if (isTaken)
                {
                    _watching!.OnTaken(context, new RequestView(request));
                }
                else
                {
                    _watching!.OnQueued(context, new RequestView(request));
                }
            }
            catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
            {
                throw PolicyFailure.Of(policy, now, $"told of request {request.Id}", e);
            }
        }

        public override bool Remove(Request request) => _requests.Remove(request);

        public override void Clear() => _requests.Clear();

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

        private int Ask(Instance instance, SimTime now, ReadOnlySpan<Request> queue)
        {
            try
            {
                using var call = _isAUsers
                    ? AuthorsCall.Enter(
                        policy,
                        "at {0}, asked to pick from a queue of {1}",
                        now,
                        queue.Length
                    )
                    : default;
                return policy.Choose(new LocalContext(decision, now, instance, queue, random));
            }
            catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
            {
                throw PolicyFailure.Of(policy, now, $"asked to pick from a queue of {Describe(queue)}", e);
            }
        }

        /// <summary>Length and first requests, for messages.</summary>
        private static string Describe(ReadOnlySpan<Request> queue)
        {
            const int Shown = 5;
            var ids = string.Join(", ", queue[..Math.Min(Shown, queue.Length)].ToArray().Select(r => r.Id));
            return $"{queue.Length}: request {ids}{(queue.Length > Shown ? ", …" : "")}";
        }
    }
}
