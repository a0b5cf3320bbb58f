using LlmSim.Kernel;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

/// <summary>Queues that tell tenants and priorities apart, and whom they preempt: worked out by hand.</summary>
public sealed class FairPolicyTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void Priority_goes_by_value_and_ages_when_it_is_asked_to()
    {
        Request[] queue = [Of(0, priority: 2, arrival: 0), Of(1, priority: 1, arrival: 5 * Second)];

        Assert.Equal(1, Create("priority").Choose(queue));
        // A level is worth 6 s: the wait of 5 s more is not enough. At 4 s it is.
        Assert.Equal(1, Create("priority:aging=6").Choose(queue));
        Assert.Equal(0, Create("priority:aging=4").Choose(queue));
        Assert.Equal(0, Create("priority:aging=5").Choose(queue));
    }

    [Fact]
    public void Vtc_serves_who_has_got_the_least()
    {
        var policy = new Watched("vtc", Of(0, "a", tokens: 10), Of(1, "b", tokens: 5), Of(2, "a", tokens: 1));

        Assert.Equal([0L, 1, 2], policy.TakeAll());
        policy.Add(Of(3, "a"));
        policy.Add(Of(4, "b"));
        // a had 11 and b 5, and b is lifted to a's when it comes back to a queue of a's: the earlier goes.
        Assert.Equal([3L, 4], policy.TakeAll());
    }

    [Fact]
    public void Vtc_charges_what_was_generated_at_the_end()
    {
        var policy = new Watched("vtc", Of(0, "a", tokens: 1), Of(1, "b", tokens: 8));
        Assert.Equal([0L, 1], policy.TakeAll());
        policy.Add(Of(2, "a"));
        policy.Add(Of(3, "b"));

        // Both are lifted to 8, and a has generated 4 tokens of weight 2 since.
        policy.End(0, "a", output: 4);
        Assert.Equal([3L, 2], policy.TakeAll());
    }

    [Fact]
    public void Vtc_charges_less_to_a_heavier_tenant()
    {
        var policy = new Watched(
            "vtc",
            Of(0, "a", tokens: 10, weight: 2),
            Of(1, "b", tokens: 6),
            Of(2, "b", tokens: 6),
            Of(3, "a", tokens: 10, weight: 2)
        );

        // Counters 5 and 6: a goes again.
        Assert.Equal([0L, 1, 3, 2], policy.TakeAll());
    }

    [Fact]
    public void Wfq_gives_each_its_share_by_virtual_finishes()
    {
        // a has twice the weight: finishes 5, 10, 15 beside 10, 20.
        var policy = new Watched(
            "wfq",
            Of(0, "b", tokens: 10),
            Of(1, "b", tokens: 10),
            Of(2, "a", tokens: 10, weight: 2),
            Of(3, "a", tokens: 10, weight: 2),
            Of(4, "a", tokens: 10, weight: 2)
        );

        Assert.Equal([2L, 0, 3, 4, 1], policy.TakeAll());
    }

    [Fact]
    public void Wfq_lets_nobody_save_up()
    {
        var policy = new Watched("wfq", Of(0, "a", tokens: 10), Of(1, "a", tokens: 10));
        Assert.Equal([0L, 1], policy.TakeAll());

        // The virtual time is 20: b finishes at 30, and a's next at 21.
        policy.Add(Of(2, "b", tokens: 10));
        policy.Add(Of(3, "a", tokens: 1));
        Assert.Equal([3L, 2], policy.TakeAll());
    }

    [Theory]
    [InlineData("latest", 2)]
    [InlineData("lowest_priority", 1)]
    [InlineData("most_blocks", 0)]
    public void A_victim_is_chosen_by_place_priority_or_memory(string name, int expected)
    {
        RunningRequest[] running =
        [
            new(new RequestView(Of(0, priority: 3, arrival: 1)), 5, KvBlocks: 9),
            new(new RequestView(Of(1, priority: 3, arrival: 2)), 5, KvBlocks: 8),
            new(new RequestView(Of(2, priority: 0, arrival: 3)), 5, KvBlocks: 7),
        ];

        var policy = PolicyCatalog.BuiltIn.CreateVictim(name);

        Assert.Equal(expected, policy.Choose(new VictimContext(SimTime.Zero, Instance(), running, Stream())));
    }

    private static ILocalPolicy Create(string text) =>
        PolicyCatalog.BuiltIn.CreateLocal(text, PolicyDecisions.PrefillLocal);

    private static Request Of(
        long id,
        string tenant = "a",
        int priority = 0,
        int tokens = 1,
        double weight = 1,
        long arrival = -1
    )
    {
        arrival = arrival < 0 ? id : arrival;
        var request = Request(id, arrival, tokens: tokens);
        request.Call = new Call
        {
            FirstSent = new SimTime(arrival),
            Spec = new RequestSpec(id, new SimTime(arrival), tokens, 1)
            {
                Origin = new RequestOrigin
                {
                    Tenant = tenant,
                    Priority = priority,
                    Weight = weight,
                },
            },
        };
        return request;
    }

    /// <summary>A queue under a policy that is told who comes and goes.</summary>
    private sealed class Watched
    {
        private readonly List<Request> _queue = [];
        private readonly IQueueWatchingPolicy _policy;

        public Watched(string name, params Request[] requests)
        {
            _policy = (IQueueWatchingPolicy)Create(name);
            Array.ForEach(requests, Add);
        }

        public void Add(Request request)
        {
            _policy.OnQueued(Context(), new RequestView(request));
            _queue.Add(request);
        }

        public long[] TakeAll()
        {
            var taken = new List<long>();
            while (_queue.Count > 0)
            {
                var request = _queue[_policy.Choose(Context())];
                _queue.Remove(request);
                _policy.OnTaken(Context(), new RequestView(request));
                taken.Add(request.Id);
            }

            return [.. taken];
        }

        public void End(long id, string tenant, int output) =>
            ((IFeedbackPolicy)_policy).OnFinished(
                new FinishedRequest
                {
                    Id = id,
                    Arrival = new SimTime(id),
                    Class = "",
                    Tenant = tenant,
                    PromptTokens = 1,
                    OutputTokens = output,
                    TtftSeconds = 1,
                    TpotSeconds = 1,
                    Outcome = default,
                    PrefillInstance = 0,
                    DecodeInstance = 0,
                }
            );

        private LocalContext Context() =>
            new(PolicyDecisions.PrefillLocal, SimTime.Zero, Instance(), _queue.ToArray(), Stream());
    }
}
