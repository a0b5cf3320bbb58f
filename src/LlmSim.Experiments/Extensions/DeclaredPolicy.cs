using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>A policy that a run asks for.</summary>
/// <param name="Decision">The decision it is to take; none for whichever it serves.</param>
/// <param name="Text">The policy, as <c>name</c> or <c>name:key=value,key=value</c>.</param>
internal readonly record struct NamedPolicy(PolicyDecisions Decision, string Text)
{
    internal string Name => Text.Split(':')[0];

    internal bool IsIn(PolicyCatalog catalog)
    {
        var (decision, name) = (Decision, Name);
        return catalog.All.Any(policy => policy.Name == name && policy.Decisions.HasFlag(decision));
    }
}

/// <summary>A policy as its attribute describes it, read without running any of its code.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Decisions">The decisions that it serves.</param>
/// <param name="Summary">One line about it.</param>
/// <param name="Source">The file that it is in.</param>
internal sealed record DeclaredPolicy(string Name, PolicyDecisions Decisions, string Summary, string Source);
