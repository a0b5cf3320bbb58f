using LlmSim.Routing;

namespace LlmSim;

/// <content>Which requests are not taken, and why.</content>
internal sealed partial class Cluster
{
    private string? ReasonToReject(Request request)
    {
        var model = _scenario.Model;
        if (_scenario.MayOvershoot)
        {
            RequireCountable(request);
        }
        else if (Tokens(request) > model.ServedContextTokens)
        {
            return model.MaxModelLen is null
                ? "prompt and output exceed the model's context window"
                : "prompt and output exceed max_model_len";
        }

        if (!_prefillRouter.CanServe(request))
        {
            return ReasonAtArrival(request);
        }

        // What has all its tokens after the prefill needs no decode instance.
        return request.DecodeTokensOwed == 0 || _decodeRouter.CanServe(request)
            ? null
            : $"prompt and output exceed the KV memory of {Every(_decodeRouter, "decode")}";
    }

    /// <summary>Why an admission policy does not take a request that could be served; null when it is taken.</summary>
    private string? ReasonToTurnAway(Request request) =>
        _gate?.ReasonToTurnAway(request, _simulation.Now, _prefillRouter.Ready(request), _unplaced.Count);

    /// <summary>Requests that admission policies have turned away, by policy.</summary>
    public IEnumerable<KeyValuePair<string, long>> TurnedAway => _gate?.TurnedAway ?? [];

    /// <summary>Why no instance that takes arriving requests can hold it: its prompt is too long for all, or what comes after it.</summary>
    private string ReasonAtArrival(Request request) =>
        _prefillRouter.CanHoldPrompt(request)
            ? $"prompt and output exceed the KV memory of {Every(_prefillRouter, "prefill")}"
            : $"prompt exceeds the KV memory of {Every(_prefillRouter, "prefill")}";

    /// <summary>"every prefill instance", "every mixed instance" or "every prefill and mixed instance".</summary>
    private static string Every(Router router, string stage) => $"every {router.Stages(stage)} instance";

    private static long Tokens(Request request) => (long)request.TraceInputTokens + request.TraceOutputTokens;

    /// <summary>Without strict admission nothing is too long for an instance, but contexts are counted in whole numbers.</summary>
    private static void RequireCountable(Request request)
    {
        if (Tokens(request) > int.MaxValue)
        {
            throw new UserErrorException(
                $"request {request.Id} of the workload has {request.TraceInputTokens} input and {request.TraceOutputTokens} "
                    + $"output tokens; allowed without strict admission: at most {int.MaxValue} together"
            );
        }
    }
}
