using LlmSim.Kernel;
using LlmSim.Policies;

namespace LlmSim.Routing;

/// <summary>Asks a policy how long the output of a request will be, and checks the answer.</summary>
internal sealed class OutputPredictions(IOutputPredictorPolicy policy, RandomStream random)
{
    public void Predict(Request request, SimTime now)
    {
        var tokens = Ask(request, now);
        if (tokens < 1)
        {
            throw new UserErrorException(
                $"policy {PolicyNames.Of(policy)}: at {now} it predicted {tokens} tokens of output for request {request.Id}; allowed: at least 1, or null"
            );
        }

        request.PredictedOutputTokens = tokens;
    }

    private int? Ask(Request request, SimTime now)
    {
        try
        {
            using var call = AuthorsCall.Enter(
                policy,
                "at {0}, asked to predict the output of request {1}",
                now,
                request.Id
            );
            return policy.Predict(new PredictionContext(now, request, random));
        }
        catch (Exception e) when (PolicyFailure.IsTheAuthors(policy, e))
        {
            throw PolicyFailure.Of(policy, now, $"asked to predict the output of request {request.Id}", e);
        }
    }
}
