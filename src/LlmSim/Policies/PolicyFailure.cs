using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>Exceptions of policies: a user's policy that throws is an error of its author, a built-in one is our defect.</summary>
internal static class PolicyFailure
{
    /// <summary>Whether a policy is a user's own.</summary>
    public static bool IsAUsers(object policy) => !ShippedPoliciesAttribute.Covers(policy.GetType());

    /// <summary>Whether an exception from a policy is its author's error, not a broken invariant of the simulator.</summary>
    public static bool IsTheAuthors(object policy, Exception exception) =>
        IsAUsers(policy)
        && (
            exception is not InvariantViolationException
            || AuthorsFailure.IsThrownBy(policy.GetType().Assembly, exception)
        );

    /// <summary>Says which policy threw what, when, over which request, and on which line of its source.</summary>
    public static UserErrorException Of(object policy, SimTime now, string subject, Exception exception) =>
        new(
            $"policy {PolicyNames.Of(policy)}: at {now}, {subject}, {Describe(policy, exception)}",
            exception
        );

    /// <summary>"it threw X: message (file.cs:12)".</summary>
    public static string Describe(object policy, Exception exception) =>
        AuthorsFailure.Describe(policy.GetType(), exception);
}
