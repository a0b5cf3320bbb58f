using LlmSim.Routing;

namespace LlmSim;

/// <content>Which requests are not taken, and why.</content>
internal sealed partial class Cluster
{
    private string? ReasonToReject(Request request)
    {
        if (
            _models.Find(request.Model) is not { Served.Model: var model }
            || !_prefillRouter.HasModel(request)
        )
        {
            return $"no instance serves {request.Model ?? _scenario.Model.Id}";
        }

        _adapters.Require(request);
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
            : $"prompt and output exceed the KV memory of {Every(_decodeRouter, "decode", request)}";
    }

    /// <summary>Why an admission policy does not take a request that could be served; null when it is taken.</summary>
    private string? ReasonToTurnAway(Request request) =>
        _gate?.ReasonToTurnAway(
            request,
            _simulation.Now,
            _prefillRouter.Ready(request),
            Waiting(_unplaced, request.Model)
        );

    /// <summary>Requests that admission policies have turned away, by policy.</summary>
    public IEnumerable<KeyValuePair<string, long>> TurnedAway => _gate?.TurnedAway ?? [];

    /// <summary>Why no instance that takes arriving requests can hold it: its prompt is too long for all, or what comes after it.</summary>
    private string ReasonAtArrival(Request request) =>
        _prefillRouter.CanHoldPrompt(request)
            ? $"prompt and output exceed the KV memory of {Every(_prefillRouter, "prefill", request)}"
            : $"prompt exceeds the KV memory of {Every(_prefillRouter, "prefill", request)}";

    /// <summary>"every prefill instance", "every mixed instance" or "every prefill and mixed instance".</summary>
    private string Every(Router router, string stage, Request request) =>
        $"every {router.Stages(stage)} instance"
        + (_scenario.OtherModels.Count == 0 ? "" : $" of {_models[request.Model].Name}");

    /// <summary>Requests for a model that wait for an instance to be ready.</summary>
    private int Waiting(List<Request> waiting, string? model) =>
        _scenario.OtherModels.Count == 0 ? waiting.Count : waiting.Count(request => request.Model == model);

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
