using LlmSim.Policies;

namespace LlmSim.Testing;

/// <summary>A clause of the policy contract, and whether a policy keeps it.</summary>
/// <param name="Decision">The decision that the policy was asked for; every one that it serves for a clause about its code.</param>
/// <param name="Clause">What must hold.</param>
/// <param name="Failure">How it was broken; null when it holds.</param>
public sealed record PolicyCheck(PolicyDecisions Decision, string Clause, string? Failure)
{
    /// <summary>Whether the policy keeps the clause.</summary>
    public bool Passed => Failure is null;
}
