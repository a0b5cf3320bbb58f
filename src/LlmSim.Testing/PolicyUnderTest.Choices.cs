using LlmSim.Policies;

namespace LlmSim.Testing;

/// <content>A single choice of a policy of each kind; what it throws is its author's error.</content>
internal sealed partial class PolicyUnderTest
{
    /// <summary>What a policy chooses from a queue.</summary>
    public static int Choice(ILocalPolicy policy, in LocalContext context) =>
        Ask(
            policy,
            context,
            "asked to pick from a queue",
            static (policy, context) => policy.Choose(context)
        );

    /// <summary>The key that an ordered policy gives a request.</summary>
    public static double Key(IOrderedLocalPolicy policy, Request request) =>
        Ask(
            policy,
            new RequestView(request),
            "asked for the key of a request",
            static (policy, request) => policy.Key(request)
        );

    private static int Choice(IGlobalPolicy policy, in GlobalContext context) =>
        Ask(policy, context, "asked to place a request", static (policy, context) => policy.Choose(context));

    private static int Choice(IAdmissionPolicy policy, in AdmissionContext context) =>
        Ask(
            policy,
            context,
            "asked to admit a request",
            static (policy, context) => policy.Admit(context) ? 1 : 0
        );

    private static int Choice(IVictimPolicy policy, in VictimContext context) =>
        Ask(policy, context, "asked to pick a victim", static (policy, context) => policy.Choose(context));

    private static int Choice(IOutputPredictorPolicy policy, in PredictionContext context) =>
        Ask(
            policy,
            context,
            "asked to predict an output",
            static (policy, context) => policy.Predict(context) ?? 0
        );

    private static int Choice(IAutoscalePolicy policy, in FleetContext context) =>
        Ask(
            policy,
            context,
            "asked how many instances there should be",
            static (policy, context) => policy.Decide(context)
        );

    private static TAnswer Ask<TPolicy, TContext, TAnswer>(
        TPolicy policy,
        TContext context,
        string what,
        Func<TPolicy, TContext, TAnswer> ask
    )
        where TPolicy : class
        where TContext : allows ref struct
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, what);
            return ask(policy, context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }
}
