namespace LlmSim.Policies;

/// <summary>
/// Earliest deadline first (Liu and Layland, 1973): meets all TTFT deadlines if any order does; under overload it wastes
/// time on requests that are late already.
/// </summary>
[Policy(
    "edf",
    Decisions = PolicyDecisions.PrefillLocal,
    Summary = "the request with the earliest TTFT deadline, late ones included"
)]
internal sealed class EdfPolicy : IOrderedLocalPolicy
{
    public double Key(in RequestView request) => request.TtftDeadline.Nanoseconds;
}
