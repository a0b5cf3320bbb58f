using System.Runtime.InteropServices;
using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Instances.Queues;

/// <content>Queues that are looked at as a whole.</content>
internal abstract partial class RequestQueue
{
    /// <summary>A list in queue order for policies that have to look at every request.</summary>
    private sealed class ScannedQueue(PolicyDecisions decision, ILocalPolicy policy, RandomStream random)
        : RequestQueue
    {
        private readonly List<Request> _requests = [];
        private readonly bool _isAUsers = PolicyFailure.IsAUsers(policy);
        private readonly IQueueWatchingPolicy? _watching = policy as IQueueWatchingPolicy;
        private readonly List<Request> _among = [];
        private int _selected;

        public override int Count => _requests.Count;

        public override bool HasFixedOrder => false;

        public override bool IsWatched => _watching is not null;

        public override Request Select(Instance instance, SimTime now)
        {
            var queue = CollectionsMarshal.AsSpan(_requests);
            _selected = AskWithin(instance, now, queue);
            return queue[_selected];
        }

        public override Request? SelectAmong(
            Instance instance,
            SimTime now,
            Func<SequenceState, bool> mayBeTaken
        )
        {
            _among.Clear();
            _among.AddRange(_requests.Where(request => mayBeTaken(request.Sequence!)));
            if (_among.Count == 0)
            {
                return null;
            }

            var queue = CollectionsMarshal.AsSpan(_among);
            var selected = queue[AskWithin(instance, now, queue)];
            _selected = _requests.IndexOf(selected);
            return selected;
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

        private int AskWithin(Instance instance, SimTime now, ReadOnlySpan<Request> queue)
        {
            var selected = Ask(instance, now, queue);
            return selected >= 0 && selected < queue.Length
                ? selected
                : throw new UserErrorException(
                    $"policy {PolicyNames.Of(policy)}: at {now} it chose position {selected} of a queue of {Describe(queue)}"
                );
        }

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
