using LlmSim.Policies;

namespace LlmSim.Testing;

/// <content>A single choice of a policy of each kind; what it throws is its author's error.</content>
internal sealed partial class PolicyUnderTest
{
    /// <summary>What a policy chooses from a queue.</summary>
    public static int Choice(ILocalPolicy policy, in LocalContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to pick from a queue");
            return policy.Choose(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    /// <summary>The key that an ordered policy gives a request.</summary>
    public static double Key(IOrderedLocalPolicy policy, Request request)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked for the key of a request");
            return policy.Key(new RequestView(request));
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IGlobalPolicy policy, in GlobalContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to place a request");
            return policy.Choose(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IAdmissionPolicy policy, in AdmissionContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to admit a request");
            return policy.Admit(context) ? 1 : 0;
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IVictimPolicy policy, in VictimContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to pick a victim");
            return policy.Choose(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IOutputPredictorPolicy policy, in PredictionContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked to predict an output");
            return policy.Predict(context) ?? 0;
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }

    private static int Choice(IAutoscalePolicy policy, in FleetContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(policy, "asked how many instances there should be");
            return policy.Decide(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw new UserErrorException(PolicyFailure.Describe(policy, e), e);
        }
    }
}
