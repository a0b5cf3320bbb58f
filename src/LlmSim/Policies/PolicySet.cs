using System.Reflection;

namespace LlmSim.Policies;

/// <summary>The four policies of a run. They may keep state: never share a set between two runs.</summary>
/// <param name="PrefillGlobal">Routes arriving requests.</param>
/// <param name="PrefillLocal">Orders the prefill queues.</param>
/// <param name="DecodeGlobal">Routes prefilled requests.</param>
/// <param name="DecodeLocal">Orders the decode queues.</param>
public sealed record PolicySet(
    IGlobalPolicy PrefillGlobal,
    ILocalPolicy PrefillLocal,
    IGlobalPolicy DecodeGlobal,
    ILocalPolicy DecodeLocal
)
{
    /// <summary>Whether all four promise to ignore TTFT deadlines, so that the SLOs decide nothing in the simulation.</summary>
    public bool IgnoresTtftDeadline =>
        Array.TrueForAll<object>(
            [PrefillGlobal, PrefillLocal, DecodeGlobal, DecodeLocal],
            PromisesToIgnoreDeadlines
        );

    /// <summary>Whether a policy promises that its choices do not depend on TTFT deadlines.</summary>
    internal static bool PromisesToIgnoreDeadlines(object policy) =>
        policy.GetType().GetCustomAttribute<PolicyAttribute>() is { IgnoresTtftDeadline: true };
}
