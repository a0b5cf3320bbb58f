namespace LlmSim.Policies;

/// <summary>Shortest context first: the least mean wait in prefill, at the price of the long prompts.</summary>
[Policy(
    "shortest",
    Decisions = PolicyDecisions.Local,
    IgnoresTtftDeadline = true,
    Summary = "the request with the fewest context tokens"
)]
internal sealed class ShortestPolicy : IOrderedLocalPolicy
{
    public double Key(in RequestView request) => request.ContextTokens;
}
