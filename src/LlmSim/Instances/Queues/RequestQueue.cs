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

    /// <summary>Removes the request of the last <see cref="Select" />.</summary>
    public abstract void RemoveSelected();

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

    /// <summary>A heap for policies that are an order by a fixed key; equal keys go in queue order.</summary>
    private sealed class OrderedQueue(IOrderedLocalPolicy policy) : RequestQueue
    {
        private readonly RequestHeap _heap = new();
        private readonly bool _isAUsers = PolicyFailure.IsAUsers(policy);

        public override int Count => _heap.Count;

        public override bool HasFixedOrder => true;

        public override Request Select(Instance instance, SimTime now) => _heap.First;

        public override void RemoveSelected() => _heap.TakeFirst();

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

        protected override void Add(Request request)
        {
            var key = KeyOf(request);
            if (double.IsNaN(key))
            {
                throw new UserErrorException(
                    $"policy {PolicyNames.Of(policy)}: its key for request {request.Id} is not a number (at {request.Queued})"
                );
            }

            _heap.Add(key, request);
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
        private int _selected;

        public override int Count => _requests.Count;

        public override bool HasFixedOrder => false;

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

        public override void RemoveSelected() => _requests.RemoveAt(_selected);

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
