using LlmSim.Policies;

[assembly: ShippedPolicies]

namespace LlmSim.OrTools;

/// <summary>The policies of this library, for <see cref="PolicyCatalog.With" />.</summary>
public static class OrToolsPolicies
{
    /// <summary>Each has a <see cref="PolicyAttribute" />. OR-Tools itself is loaded when one of them searches.</summary>
    public static IReadOnlyList<Type> Types { get; } = [typeof(MilpPolicy)];
}
