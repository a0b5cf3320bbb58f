using System.Reflection;
using System.Runtime.Loader;
using LlmSim.Experiments.Extensions;
using LlmSim.OrTools;
using LlmSim.Policies;
using Xunit;

namespace LlmSim.Tests.Policies;

public sealed class PolicyCatalogTests
{
    [Fact]
    public void Every_policy_of_the_assembly_is_registered()
    {
        var defined = typeof(PolicyCatalog)
            .Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(PolicyAttribute)));

        Assert.Equal(
            defined.Select(type => type.Name).Order(StringComparer.Ordinal),
            BuiltInPolicies.Types.Select(type => type.Name).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("prefill_global", "lowest_load round_robin conductor")]
    [InlineData("prefill_local", "fcfs shortest edf milp")]
    [InlineData("decode_global", "lowest_load round_robin")]
    [InlineData("decode_local", "fcfs shortest priority vtc wfq")]
    [InlineData("admission_policy", "token_bucket queue_limit deadline shed")]
    [InlineData("autoscale", "reactive predictive fixed")]
    [InlineData("victim", "latest lowest_priority most_blocks")]
    [InlineData("output_predictor", "class_mean")]
    public void Each_decision_has_policies_of_its_kind(string decision, string some)
    {
        var kind = decision switch
        {
            "admission_policy" => typeof(IAdmissionPolicy),
            "autoscale" => typeof(IAutoscalePolicy),
            "victim" => typeof(IVictimPolicy),
            "output_predictor" => typeof(IOutputPredictorPolicy),
            "prefill_global" or "decode_global" => typeof(IGlobalPolicy),
            _ => typeof(ILocalPolicy),
        };

        Assert.Subset(Serving(decision).ToHashSet(), some.Split(' ').ToHashSet());
        Assert.All(
            PolicyCatalog.BuiltIn.All.Where(policy =>
                PolicyDecisionNames.Of(policy.Decisions).Contains(decision)
            ),
            policy => Assert.True(policy.Type.IsAssignableTo(kind), policy.Name)
        );
    }

    [Fact]
    public void A_set_has_new_policies_each_time()
    {
        var one = PolicyCatalog.BuiltIn.CreateSet("random", "random", "random", "random");
        var other = PolicyCatalog.BuiltIn.CreateSet("random", "random", "random", "random");

        object[] policies =
        [
            one.PrefillGlobal,
            one.PrefillLocal,
            one.DecodeGlobal,
            one.DecodeLocal,
            other.PrefillGlobal,
            other.PrefillLocal,
            other.DecodeGlobal,
            other.DecodeLocal,
        ];
        Assert.Equal(8, policies.Distinct(ReferenceEqualityComparer.Instance).Count());
    }

    [Theory]
    [InlineData(
        "fcsf",
        "prefill_local: there is no policy 'fcsf'. Did you mean 'fcfs'? `llmsim policies` lists them."
    )]
    [InlineData("", "prefill_local: there is no policy ''. `llmsim policies` lists them.")]
    [InlineData(
        "least_kv",
        "prefill_local: policy 'least_kv' serves prefill_global, decode_global, not prefill_local. Policies for prefill_local: {0}."
    )]
    [InlineData("fcfs:speed=1", "prefill_local: policy 'fcfs' has no option 'speed'. It has none.")]
    [InlineData(
        "milp:time_limt=1",
        "prefill_local: policy 'milp' has no option 'time_limt'. Did you mean 'time_limit'? Its options: time_limit."
    )]
    [InlineData(
        "milp:time_limit",
        "prefill_local: policy 'milp': 'time_limit' is no option; write milp:key=value,key=value"
    )]
    [InlineData("milp:", "prefill_local: policy 'milp': '' is no option; write milp:key=value,key=value")]
    [InlineData(
        "milp:time_limit=soon",
        "prefill_local: policy 'milp': option 'time_limit' is 'soon'; it must be a number from 0.0001 to 3600 (default 1)"
    )]
    [InlineData(
        "milp:time_limit=-1",
        "prefill_local: policy 'milp': option 'time_limit' is '-1'; it must be a number from 0.0001 to 3600 (default 1)"
    )]
    [InlineData(
        "milp:time_limit=1,time_limit=2",
        "prefill_local: policy 'milp': option 'time_limit' is given twice"
    )]
    public void A_wrong_policy_gets_a_message_that_helps(string text, string message) =>
        Assert.Equal(
            message.Replace("{0}", string.Join(", ", Serving("prefill_local")), StringComparison.Ordinal),
            UserError(() => ShippedPolicies.Catalog.CreateLocal(text, PolicyDecisions.PrefillLocal))
        );

    [Fact]
    public void Options_are_set_and_the_others_keep_their_defaults()
    {
        var catalog = PolicyCatalog.BuiltIn.With([typeof(Tunable)]);

        var policy = Assert.IsType<Tunable>(
            catalog.CreateGlobal(
                "tunable:weight=2.5,mode=very_fast,strict=true",
                PolicyDecisions.PrefillGlobal
            )
        );

        Assert.Equal(
            (2.5, 3, true, Mode.VeryFast),
            (policy.Weight, policy.Depth, policy.Strict, policy.Mode)
        );
    }

    [Fact]
    public void Options_describe_themselves()
    {
        var described = PolicyCatalog
            .BuiltIn.With([typeof(Tunable)])
            .All.Single(policy => policy.Name == "tunable");

        Assert.Equal(
            [
                "depth = 3: an integer from 1 to 9",
                "mode = slow: slow or very_fast",
                "strict = false: true or false",
                "weight = 0.5: a number, at least 0",
            ],
            described.Options.Select(option => $"{option.Key} = {option.Default}: {option.Allowed}")
        );
    }

    [Theory]
    [InlineData("weight=NaN")]
    [InlineData("weight=1e999")]
    [InlineData("weight=1,5")]
    [InlineData("depth=0")]
    [InlineData("depth=10")]
    [InlineData("depth=2.5")]
    [InlineData("depth=99999999999")]
    [InlineData("strict=yes")]
    [InlineData("mode=VeryFast")]
    [InlineData("mode=1")]
    public void Values_that_are_not_allowed_are_refused(string option) =>
        Assert.StartsWith(
            "decode_global: policy 'tunable'",
            UserError(() =>
                PolicyCatalog
                    .BuiltIn.With([typeof(Tunable)])
                    .CreateGlobal($"tunable:{option}", PolicyDecisions.DecodeGlobal)
            ),
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(typeof(Nameless), "has no [Policy] attribute")]
    [InlineData(typeof(Misnamed), "lower-case")]
    [InlineData(typeof(WrongInterface), "it serves decode_local, so it must implement ILocalPolicy")]
    [InlineData(typeof(NeedsArgument), "a public constructor without parameters")]
    [InlineData(typeof(TextOption), "of type double, int, bool or an enum")]
    [InlineData(typeof(SecondRandom), "policy 'random' exists twice for prefill_global")]
    public void A_class_that_cannot_be_a_policy_is_refused_with_the_reason(Type type, string reason) =>
        Assert.Contains(
            reason,
            UserError(() => PolicyCatalog.BuiltIn.With([type])),
            StringComparison.Ordinal
        );

    [Fact]
    public void One_name_may_stand_for_two_policies_of_different_decisions()
    {
        var catalog = PolicyCatalog.BuiltIn.With([typeof(Tunable), typeof(TunableLocal)]);

        Assert.IsType<Tunable>(catalog.CreateGlobal("tunable", PolicyDecisions.DecodeGlobal));
        Assert.IsType<TunableLocal>(catalog.CreateLocal("tunable", PolicyDecisions.DecodeLocal));
    }

    [Fact]
    public void The_solver_stays_unloaded_until_milp_searches()
    {
        // In a load context of its own, where no other test has used the solver.
        var context = new RecordingLoadContext();
        var policies = context
            .LoadFromAssemblyPath(typeof(OrToolsPolicies).Assembly.Location)
            .GetType(typeof(OrToolsPolicies).FullName!)!
            .GetProperty(nameof(OrToolsPolicies.Types))!
            .GetValue(null);

        PolicyCatalog
            .BuiltIn.With((IReadOnlyList<Type>)policies!)
            .CreateSet("random", "milp:time_limit=2", "random", "random");

        Assert.Contains("LlmSim", context.Asked);
        Assert.DoesNotContain("Google.OrTools", context.Asked);
    }

    [Fact]
    public void The_model_alone_has_no_policy_that_needs_the_solver() =>
        Assert.DoesNotContain(PolicyCatalog.BuiltIn.All, policy => policy.Name == "milp");

    private static string[] Serving(string decision) =>
        [
            .. ShippedPolicies
                .Catalog.All.Where(policy => PolicyDecisionNames.Of(policy.Decisions).Contains(decision))
                .Select(policy => policy.Name),
        ];

    private static string UserError(Action action) => Assert.Throws<UserErrorException>(action).Message;

    private sealed class RecordingLoadContext() : AssemblyLoadContext("without solver")
    {
        public List<string?> Asked { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            Asked.Add(assemblyName.Name);
            return null;
        }
    }

    public enum Mode
    {
        Slow,
        VeryFast,
    }

    [Policy("tunable", Decisions = PolicyDecisions.Global, Summary = "test")]
    private sealed class Tunable : IGlobalPolicy
    {
        [PolicyOption("weight", Min = 0, Summary = "test")]
        public double Weight { get; set; } = 0.5;

        [PolicyOption("depth", Min = 1, Max = 9, Summary = "test")]
        public int Depth { get; set; } = 3;

        [PolicyOption("strict", Summary = "test")]
        public bool Strict { get; set; }

        [PolicyOption("mode", Summary = "test")]
        public Mode Mode { get; set; }

        public int Choose(in GlobalContext context) => 0;
    }

    [Policy("tunable", Decisions = PolicyDecisions.DecodeLocal, Summary = "test")]
    private sealed class TunableLocal : ILocalPolicy
    {
        public int Choose(in LocalContext context) => 0;
    }

    private sealed class Nameless;

    [Policy("Mis-named", Decisions = PolicyDecisions.Global, Summary = "test")]
    private sealed class Misnamed : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => 0;
    }

    [Policy("wrong", Decisions = PolicyDecisions.DecodeLocal, Summary = "test")]
    private sealed class WrongInterface : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => 0;
    }

    [Policy("needs_argument", Decisions = PolicyDecisions.PrefillGlobal, Summary = "test")]
    private sealed class NeedsArgument(int position) : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => position;
    }

    [Policy("text_option", Decisions = PolicyDecisions.PrefillGlobal, Summary = "test")]
    private sealed class TextOption : IGlobalPolicy
    {
        [PolicyOption("text", Summary = "test")]
        public string Text { get; set; } = "";

        public int Choose(in GlobalContext context) => 0;
    }

    [Policy("random", Decisions = PolicyDecisions.PrefillGlobal, Summary = "test")]
    private sealed class SecondRandom : IGlobalPolicy
    {
        public int Choose(in GlobalContext context) => 0;
    }
}
