using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Routing;

/// <summary>Tells policies that learn what has become of requests.</summary>
internal sealed class Feedback
{
    private readonly IFeedbackPolicy[] _policies;

    private Feedback(IFeedbackPolicy[] policies) => _policies = policies;

    /// <summary>The policies of a run that are to be told; null for none.</summary>
    public static Feedback? Of(IEnumerable<object> all)
    {
        IFeedbackPolicy[] policies =
        [
            .. all.Distinct(ReferenceEqualityComparer.Instance).OfType<IFeedbackPolicy>(),
        ];
        return policies.Length == 0 ? null : new Feedback(policies);
    }

    /// <summary>A request has left the cluster, or starts over.</summary>
    public void Tell(Request request, SimTime now)
    {
        var finished = Describe(request);
        foreach (var policy in _policies)
        {
            try
            {
                using var call = AuthorsCall.Enter(
                    policy,
                    "at {0}, told of the end of request {1}",
                    now,
                    request.Id
                );
                policy.OnFinished(finished);
            }
            catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
            {
                throw PolicyFailure.Of(policy, now, $"told of the end of request {request.Id}", e);
            }
        }
    }

    private static FinishedRequest Describe(Request request)
    {
        var tokens = request.KeptTokens + request.GeneratedTokens;
        return new FinishedRequest
        {
            Id = request.Id,
            Arrival = request.Arrival,
            Class = request.Origin.Class,
            Tenant = request.Origin.Tenant,
            Model = request.Model,
            PromptTokens = request.PromptTokensSent,
            OutputTokens = tokens,
            TtftSeconds = tokens > 0 ? (request.FirstToken - request.FirstSent).Seconds : double.NaN,
            TpotSeconds =
                tokens > 1 ? (request.LastToken - request.FirstToken).Seconds / (tokens - 1) : double.NaN,
            Outcome = request.Outcome,
            PrefillInstance = request.PrefillInstance,
            DecodeInstance = request.DecodeInstance,
        };
    }
}
