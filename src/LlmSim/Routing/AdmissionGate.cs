using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Routing;

/// <summary>Asks admission policies whether a request is taken: all of them have to admit it, and they are asked in their order.</summary>
internal sealed class AdmissionGate(IReadOnlyList<IAdmissionPolicy> policies, RandomStream random)
{
    private readonly long[] _turnedAway = new long[policies.Count];

    /// <summary>How many requests each policy has turned away, those that came again among them.</summary>
    public IEnumerable<KeyValuePair<string, long>> TurnedAway =>
        policies.Zip(
            _turnedAway,
            (policy, count) => KeyValuePair.Create($"{PolicyNames.Of(policy)}_turned_away", count)
        );

    /// <summary>Why a request is not taken; null when it is.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The simulated clock.</param>
    /// <param name="instances">Those that it could be routed to.</param>
    /// <param name="unplaced">Requests that wait for one to be ready.</param>
    public string? ReasonToTurnAway(
        Request request,
        SimTime now,
        ReadOnlySpan<Instance> instances,
        int unplaced
    )
    {
        for (var i = 0; i < policies.Count; i++)
        {
            if (!Admits(policies[i], new AdmissionContext(now, request, instances, unplaced, random)))
            {
                _turnedAway[i]++;
                return $"turned away by {PolicyNames.Of(policies[i])}";
            }
        }

        return null;
    }

    private static bool Admits(IAdmissionPolicy policy, in AdmissionContext context)
    {
        try
        {
            using var call = AuthorsCall.Enter(
                policy,
                "at {0}, asked to admit request {1}",
                context.Now,
                context.Request.Id
            );
            return policy.Admit(context);
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw PolicyFailure.Of(policy, context.Now, $"asked to admit request {context.Request.Id}", e);
        }
    }
}
