using System.Reflection;

namespace LlmSim.Policies;

/// <summary>Names of policies for messages.</summary>
internal static class PolicyNames
{
    /// <summary>The name on the command line, or the type's for a policy without the attribute.</summary>
    public static string Of(object policy) =>
        policy.GetType().GetCustomAttribute<PolicyAttribute>()?.Name ?? policy.GetType().Name;
}
