using System.Reflection;

[assembly: LlmSim.Policies.ShippedPolicies]

namespace LlmSim.Policies;

/// <summary>Marks an assembly whose policies come with the simulator: what they throw is our defect and not a user's.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class ShippedPoliciesAttribute : Attribute
{
    /// <summary>Whether a policy comes with the simulator.</summary>
    public static bool Covers(Type policy) =>
        policy.Assembly == typeof(ShippedPoliciesAttribute).Assembly
        || policy.Assembly.IsDefined(typeof(ShippedPoliciesAttribute));
}
