using System.Reflection;
using LlmSim.Experiments.Extensions;
using LlmSim.Kernel;
using LlmSim.Policies;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>Every built-in policy keeps the contract, and the contract notices those that do not.</summary>
public sealed class PolicyContractTests
{
    private static int s_calls;

    public static TheoryData<string> Names =>
        [.. ShippedPolicies.Catalog.All.Select(policy => policy.Name).Distinct()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_built_in_policy_keeps_the_contract(string name)
    {
        var checks = PolicyContract.Check(ShippedPolicies.Catalog, name).ToArray();

        Assert.NotEmpty(checks);
        Assert.DoesNotContain(checks, check => !check.Passed);
    }

    [Theory]
    [InlineData(typeof(OutOfRange), "chooses among what is offered", "it chose position ")]
    [InlineData(typeof(Throwing), "chooses among what is offered", "it threw DivideByZeroException")]
    [InlineData(typeof(Stateful), "same seed, same choices", "differs between two runs")]
    [InlineData(typeof(Stateful), "same seed, same results", "differs between two runs")]
    [InlineData(typeof(Peeking), "does not depend on the true output length", "differs between two runs")]
    [InlineData(
        typeof(Peeking),
        "true output lengths change nothing before they end",
        "differs between two runs"
    )]
    [InlineData(
        typeof(Restless),
        "picks the smallest key, and a key does not change",
        "changed while it waited"
    )]
    [InlineData(typeof(NotANumber), "picks the smallest key, and a key does not change", "is not a number")]
    [InlineData(typeof(NotANumber), "serves every request once", "policy bad: its key for request")]
    [InlineData(typeof(Clocked), "uses no clock, no chance", "System.DateTime.get_UtcNow: use context.Now")]
    [InlineData(
        typeof(Clocked),
        "uses no clock, no chance",
        "System.Random.get_Shared: draw from context.Random"
    )]
    [InlineData(typeof(Clocked), "uses no clock, no chance", "System.Object.GetHashCode")]
    [InlineData(typeof(Clocked), "uses no clock, no chance", "System.Threading.Tasks.Task")]
    [InlineData(typeof(Breaching), "ignores TTFT deadlines, as it promises", "with other TTFT SLOs: result ")]
    [InlineData(typeof(Peeking), "uses no clock, no chance", "reflection sees what a policy must not")]
    public void A_policy_that_breaks_the_contract_is_noticed(Type policy, string clause, string failure)
    {
        var checks = PolicyContract.Check(ShippedPolicies.Catalog.With([policy]), "bad");

        Assert.Contains(
            checks,
            check =>
                check.Clause.StartsWith(clause, StringComparison.Ordinal)
                && check.Failure?.Contains(failure, StringComparison.Ordinal) == true
        );
    }

    [Policy("bad", Decisions = PolicyDecisions.Global, Summary = "test")]
    private sealed class OutOfRange : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => context.Instances.Count;
    }

    [Policy("bad", Decisions = PolicyDecisions.Local, Summary = "test")]
    private sealed class Throwing : ILocalPolicy
    {
        public int Choose(in LocalContext context) => 1 / (context.Queue.Count - context.Queue.Count);
    }

    [Policy("bad", Decisions = PolicyDecisions.PrefillGlobal, IgnoresTtftDeadline = true, Summary = "test")]
    private sealed class Breaching : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) =>
            context.Request.TtftDeadline - context.Now > SimTime.FromSeconds(1) ? 0 : 1;
    }

    [Policy("bad", Decisions = PolicyDecisions.PrefillGlobal, Summary = "test")]
    private sealed class Stateful : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => s_calls++ / 7 % context.Instances.Count;
    }

    [Policy("bad", Decisions = PolicyDecisions.PrefillGlobal, Summary = "test")]
    private sealed class Peeking : IGlobalPolicy
    {
        public int Choose(in GlobalContext context)
        {
            var source = typeof(RequestView)
                .GetProperty("Source", BindingFlags.NonPublic | BindingFlags.Instance)!
                .GetValue(context.Request)!;
            var tokens = (int)source.GetType().GetProperty("TraceOutputTokens")!.GetValue(source)!;
            return tokens % context.Instances.Count;
        }
    }

    [Policy("bad", Decisions = PolicyDecisions.PrefillLocal, Summary = "test")]
    private sealed class Restless : IOrderedLocalPolicy
    {
        private int _calls;

        public double Key(in RequestView request) => _calls++;
    }

    [Policy("bad", Decisions = PolicyDecisions.DecodeLocal, Summary = "test")]
    private sealed class NotANumber : IOrderedLocalPolicy
    {
        public double Key(in RequestView request) => double.NaN;
    }

    [Policy("bad", Decisions = PolicyDecisions.PrefillGlobal, Summary = "test")]
    private sealed class Clocked : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => DateTime.UtcNow.Year > 0 ? 0 : Helper.Chance();

        private static class Helper
        {
            public static int Chance() => Random.Shared.Next() + new object().GetHashCode() + Later().Result;

            private static async Task<int> Later()
            {
                await Task.Delay(1);
                return 0;
            }
        }
    }
}
