using LlmSim.Clients;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

/// <summary>Which requests are taken: by hand, and in a cluster whose clients come again.</summary>
public sealed class AdmissionPolicyTests
{
    [Fact]
    public void A_bucket_fills_at_its_rate_and_each_tenant_has_one()
    {
        var policy = Create("token_bucket:rate=10,burst=100");

        Assert.True(Admits(policy, Of("a", tokens: 70)));
        Assert.False(Admits(policy, Of("a", tokens: 50)));
        Assert.True(Admits(policy, Of("b", tokens: 50)));
        // 30 left and 20 more after 2 s.
        Assert.False(Admits(policy, Of("a", tokens: 51), seconds: 2));
        Assert.True(Admits(policy, Of("a", tokens: 50), seconds: 2));
        Assert.False(Admits(policy, Of("a", tokens: 1), seconds: 2));
    }

    [Fact]
    public void What_is_longer_than_the_bucket_waits_for_a_full_one_and_leaves_a_debt()
    {
        var policy = Create("token_bucket:rate=10,burst=100");

        Assert.True(Admits(policy, Of("a", tokens: 150)));
        Assert.False(Admits(policy, Of("a", tokens: 1), seconds: 5));
        Assert.True(Admits(policy, Of("a", tokens: 1), seconds: 5.2));
        Assert.False(Admits(policy, Of("a", tokens: 150), seconds: 15));
        Assert.True(Admits(policy, Of("a", tokens: 150), seconds: 16));
    }

    [Fact]
    public void A_heavier_tenant_gets_more_tokens()
    {
        var policy = Create("token_bucket:rate=10,burst=100");

        Assert.True(Admits(policy, Of("a", tokens: 200, weight: 2)));
        Assert.False(Admits(policy, Of("a", tokens: 21, weight: 2), seconds: 1));
        Assert.True(Admits(policy, Of("a", tokens: 20, weight: 2), seconds: 1));
    }

    [Fact]
    public void A_queue_is_full_over_all_instances_or_when_each_is()
    {
        Instance[] instances = [Instance(0, queued: 3), Instance(1, queued: 1)];

        Assert.True(Admits(Create("queue_limit:requests=5"), Request(), instances));
        Assert.False(Admits(Create("queue_limit:requests=4"), Request(), instances));
        Assert.False(Admits(Create("queue_limit:requests=5"), Request(), instances, unplaced: 1));
        Assert.True(Admits(Create("queue_limit:requests=2,over=instance"), Request(), instances));
        Assert.False(Admits(Create("queue_limit:requests=1,over=instance"), Request(), instances));
        Assert.False(Admits(Create("queue_limit:requests=1,over=instance"), Request(), unplaced: 1));
    }

    [Fact]
    public void A_deadline_can_be_met_where_the_queue_and_the_prefill_end_before_it()
    {
        // A staged instance takes a second for a token.
        Instance[] instances = [Instance(0, work: 9), Instance(1, work: 5, cached: 3)];
        var request = Request(tokens: 6, deadline: SimTime.FromSeconds(9).Nanoseconds);

        Assert.True(Admits(Create("deadline"), request, instances, seconds: 0.5));
        Assert.False(Admits(Create("deadline"), request, instances, seconds: 1));
        Assert.False(Admits(Create("deadline:factor=1.1"), request, instances, seconds: 0.5));
        Assert.False(Admits(Create("deadline"), request, instances[..1], seconds: 0));
        Assert.True(Admits(Create("deadline"), request, [], seconds: 100));
    }

    [Fact]
    public void The_clients_own_deadline_counts_as_well()
    {
        Instance[] instances = [Instance(0, work: 5)];

        Assert.True(Admits(Create("deadline"), Of("a", tokens: 1, deadlineSeconds: 7), instances));
        Assert.False(Admits(Create("deadline"), Of("a", tokens: 1, deadlineSeconds: 6), instances));
    }

    [Fact]
    public void Under_load_only_urgent_requests_are_taken()
    {
        var policy = Create("shed:queue=2,priority=1");
        Instance[] busy = [Instance(0, queued: 3)];

        Assert.True(Admits(policy, Of("a", priority: 2), [Instance(0, queued: 2)]));
        Assert.False(Admits(policy, Of("a", priority: 2), busy));
        Assert.True(Admits(policy, Of("a", priority: 1), busy));
        Assert.True(Admits(policy, Of("a", priority: -5), busy));
    }

    [Fact]
    public void Several_have_to_admit_a_request_and_numbers_may_have_a_plus()
    {
        var policies = PolicyCatalog.BuiltIn.CreateAdmission(
            "token_bucket:rate=1e+5+queue_limit+shed:queue=3"
        );

        Assert.Equal(
            [typeof(TokenBucketPolicy), typeof(QueueLimitPolicy), typeof(ShedPolicy)],
            policies.Select(policy => policy.GetType())
        );
        Assert.Equal(1e5, ((TokenBucketPolicy)policies[0]).Rate);
        Assert.Empty(PolicyCatalog.BuiltIn.CreateAdmission(null));
    }

    [Theory]
    [InlineData(
        "queue_limt",
        "admission_policy: there is no policy 'queue_limt'. Did you mean 'queue_limit'?"
    )]
    [InlineData("queue_limit+", "admission_policy: there is no policy ''.")]
    [InlineData("fcfs", "admission_policy: policy 'fcfs' serves prefill_local, decode_local")]
    [InlineData("queue_limit:over=all", "option 'over' is 'all'; it must be stage or instance")]
    public void A_wrong_name_or_option_is_said(string text, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => PolicyCatalog.BuiltIn.CreateAdmission(text));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_turned_away_is_counted_with_the_policy_and_may_come_again()
    {
        // Prompts of 1 s each: one runs, one waits, one is turned away; later there is room.
        var once = Run(new ClientBehavior());
        var again = Run(
            new ClientBehavior
            {
                MaxRetries = 9,
                BackoffSeconds = 0.7,
                BackoffFactor = 1,
            }
        );

        Assert.Equal((2, 1), (once.Finished, once.Rejected));
        Assert.Equal(1, once.Rejections["turned away by queue_limit"]);
        Assert.Equal(1, once.PolicyCounters["admission_policy.queue_limit_turned_away"]);
        Assert.Equal((3, 0), (again.Finished, again.Rejected));
        Assert.True(again.Service!.Retries > 0);
        Assert.Equal(again.Service.Retries, again.PolicyCounters["admission_policy.queue_limit_turned_away"]);

        RunSummary Run(ClientBehavior clients)
        {
            var scenario = Scenarios.Abstract(new ServiceTimes(0.01, 0.001));
            return Simulator.Run(
                scenario with
                {
                    Policies = scenario.Policies with
                    {
                        Admission = PolicyCatalog.BuiltIn.CreateAdmission("queue_limit:requests=1"),
                    },
                    Clients = clients,
                },
                Enumerable.Range(0, 3).Select(id => new RequestSpec(id, SimTime.Zero, 100, 2))
            );
        }
    }

    [Fact]
    public void What_a_users_policy_throws_is_said()
    {
        var scenario = Scenarios.Abstract(new ServiceTimes(0.01, 0.001));
        var error = Assert.Throws<UserErrorException>(() =>
            Simulator.Run(
                scenario with
                {
                    Policies = scenario.Policies with { Admission = [new Throwing()] },
                },
                [new RequestSpec(0, SimTime.Zero, 100, 2)]
            )
        );

        Assert.Contains(
            "policy Throwing: at 0 s, asked to admit request 0, it threw DivideByZeroException",
            error.Message,
            StringComparison.Ordinal
        );
    }

    private static IAdmissionPolicy Create(string text) =>
        Assert.Single(PolicyCatalog.BuiltIn.CreateAdmission(text));

    private static bool Admits(
        IAdmissionPolicy policy,
        Request request,
        Instance[]? instances = null,
        double seconds = 0,
        int unplaced = 0
    ) =>
        policy.Admit(
            new AdmissionContext(SimTime.FromSeconds(seconds), request, instances, unplaced, Stream())
        );

    private static Request Of(
        string tenant,
        int tokens = 1,
        double weight = 1,
        int priority = 0,
        double? deadlineSeconds = null
    )
    {
        var request = Request(tokens: tokens);
        request.Call = new Call
        {
            FirstSent = SimTime.Zero,
            Spec = new RequestSpec(0, SimTime.Zero, tokens, 1)
            {
                Origin = new RequestOrigin
                {
                    Tenant = tenant,
                    Weight = weight,
                    Priority = priority,
                    DeadlineSeconds = deadlineSeconds,
                },
            },
        };
        return request;
    }

    private sealed class Throwing : IAdmissionPolicy
    {
        public bool Admit(in AdmissionContext context) => 1 / (context.UnplacedRequests * 0) > 0;
    }
}
