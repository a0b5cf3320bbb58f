using LlmSim.OrTools;
using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>The policies that the command has without a user's files.</summary>
internal static class ShippedPolicies
{
    /// <summary>Those of the model's library and of those beside it.</summary>
    public static PolicyCatalog Catalog { get; } = PolicyCatalog.BuiltIn.With(OrToolsPolicies.Types);
}
