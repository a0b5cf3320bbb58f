using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>
/// Makes the requests of a workload. Those that have left the cluster are used again: a long run allocates no more than a short one.
/// </summary>
internal sealed class RequestPool(
    long seed,
    double ttftSloSeconds,
    OutputTokens outputTokens,
    OutputPredictor outputPredictor
)
{
    /// <summary>Whole seconds of the clock.</summary>
    private const double LastSeconds = 9.2e9;

    private readonly Stack<Request> _left = new();
    private readonly RandomStream _predictionErrors = new(seed, "output_predictor");

    /// <summary>An SLO beyond the end of the clock is one that is always met.</summary>
    private readonly SimTime _ttftSlo =
        ttftSloSeconds < LastSeconds ? SimTime.FromSeconds(ttftSloSeconds) : SimTime.MaxValue;

    private readonly int _tokensFromPrefill = outputTokens == OutputTokens.FirstFromPrefill ? 1 : 0;

    /// <summary>A request that is to come. Predictions are drawn here, in the order of arrival.</summary>
    public Request Take(in RequestSpec spec)
    {
        var request = _left.TryPop(out var left) ? left : new Request();
        request.Id = spec.Id;
        request.Arrival = spec.Arrival;
        request.TraceInputTokens = spec.InputTokens;
        request.TraceOutputTokens = spec.OutputTokens;
        request.InputTokens = spec.InputTokens;
        request.DecodeTokensOwed = spec.OutputTokens - _tokensFromPrefill;
        request.TtftDeadline =
            spec.Arrival <= SimTime.MaxValue - _ttftSlo ? spec.Arrival + _ttftSlo : SimTime.MaxValue;
        request.PredictedOutputTokens = outputPredictor.Predict(spec.OutputTokens, _predictionErrors);
        request.Content = spec.HashIds is { } hashIds
            ? new PromptContent(hashIds, spec.HashBlockTokens, spec.InputTokens, spec.OutputTokens)
            : null;
        return request;
    }

    /// <summary>The request has left the cluster and can be reused.</summary>
    public void GiveBack(Request request)
    {
        request.Renew();
        _left.Push(request);
    }
}
