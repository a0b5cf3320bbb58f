using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>
/// Makes the requests of a workload. Those that have left the cluster are used again: a long run allocates no more than a short one.
/// </summary>
/// <param name="seed">Seed of the run.</param>
/// <param name="ttftSloSeconds">The TTFT SLO of those that have none of their own.</param>
/// <param name="outputTokens">Which tokens the decode stage owes.</param>
/// <param name="firstTokenWaits">Whether the instance that decodes sends the first token.</param>
/// <param name="outputPredictor">What policies are told.</param>
/// <param name="models">The models of the cluster.</param>
/// <param name="followsAll">Whether the clients of all requests are followed beyond the sending.</param>
/// <param name="takesImages">Whether requests may have pictures or other media.</param>
/// <param name="takesVideos">Whether they may have videos.</param>
/// <param name="takesAudio">Whether they may have sound.</param>
internal sealed class RequestPool(
    long seed,
    double ttftSloSeconds,
    OutputTokens outputTokens,
    bool firstTokenWaits,
    OutputPredictor outputPredictor,
    ModelsInUse models,
    bool followsAll,
    bool takesImages = false,
    bool takesVideos = false,
    bool takesAudio = false
)
{
    /// <summary>Whole seconds of the clock.</summary>
    private const double LastSeconds = 9.2e9;

    private readonly Stack<Request> _left = new();
    private readonly RandomStream _predictionErrors = new(seed, "output_predictor");

    private readonly SimTime _ttftSlo = Slo(ttftSloSeconds);

    private readonly int _tokensFromPrefill = outputTokens == OutputTokens.FirstFromPrefill ? 1 : 0;

    /// <summary>A request that is to come. Predictions are drawn here, in the order of arrival.</summary>
    public Request Take(in RequestSpec spec)
    {
        var request = Fill(spec, outputPredictor.Predict(spec.OutputTokens, _predictionErrors));
        if (followsAll || spec is { Origin: not null } or { Conversation: not null })
        {
            request.Call = NewCall(spec, request);
        }

        return request;
    }

    /// <summary>The request of a later turn, whose prediction does not depend on when it is sent.</summary>
    public Request TakeTurn(in RequestSpec spec)
    {
        var errors = new RandomStream(seed, FormattableString.Invariant($"output_predictor:{spec.Id}"));
        var request = Fill(spec, outputPredictor.Predict(spec.OutputTokens, errors));
        request.Call = NewCall(spec, request);
        return request;
    }

    /// <summary>Another attempt to get what a client asked for, sent now.</summary>
    public Request TakeAgain(Call call, SimTime now)
    {
        var request = Fill(call.Spec with { Arrival = now }, call.PredictedOutputTokens);
        request.Call = call;
        request.TtftDeadline = Deadline(call.Spec);
        request.IsMeasured = call.IsMeasured;
        return request;
    }

    private static Call NewCall(in RequestSpec spec, Request request) =>
        new()
        {
            Spec = spec,
            FirstSent = spec.Arrival,
            PredictedOutputTokens = request.PredictedOutputTokens,
        };

    private SimTime Deadline(in RequestSpec spec)
    {
        var slo = spec.Origin?.TtftSloSeconds is { } seconds ? Slo(seconds) : _ttftSlo;
        return spec.Arrival <= SimTime.MaxValue - slo ? spec.Arrival + slo : SimTime.MaxValue;
    }

    /// <summary>An SLO beyond the end of the clock is one that is always met.</summary>
    private static SimTime Slo(double seconds) =>
        seconds < LastSeconds ? SimTime.FromSeconds(seconds) : SimTime.MaxValue;

    private Request Fill(in RequestSpec spec, int? predictedOutputTokens)
    {
        var request = _left.TryPop(out var left) ? left : new Request();
        request.Id = spec.Id;
        request.Arrival = spec.Arrival;
        request.TraceInputTokens = spec.InputTokens;
        request.TraceOutputTokens = spec.OutputTokens;
        request.Model = models.Meant(spec.Origin?.Model);
        request.InputTokens = spec.InputTokens;
        request.DecodeTokensOwed = spec.OutputTokens - _tokensFromPrefill;
        request.FirstTokenWaits = firstTokenWaits;
        request.TtftDeadline = Deadline(spec);
        request.PredictedOutputTokens = predictedOutputTokens;
        request.Content = spec.HashIds is { } hashIds
            ? new PromptContent(
                hashIds,
                spec.HashBlockTokens,
                spec.InputTokens,
                spec.OutputTokens,
                PrefixKeys.Scope(spec.Adapter)
            )
            : null;
        request.Traits = spec.Traits;
        if (spec.Media is not null)
        {
            AddMedia(request, spec);
        }

        return request;
    }

    /// <summary>The prompt has its text, then the media. Of these nobody knows the content in blocks.</summary>
    private void AddMedia(Request request, in RequestSpec spec)
    {
        if (!takesImages)
        {
            throw new UserErrorException(
                $"request {spec.Id} of the workload has pictures, which are read only where they are asked for; allowed with a trace: columns images=NAME"
            );
        }

        RequireAsked(spec, takesVideos, MediaKind.Video, "videos");
        RequireAsked(spec, takesAudio, MediaKind.Audio, "audio");

        if (models.Find(request.Model) is not { } model)
        {
            // It is rejected for want of its model.
            return;
        }

        var media = ImageTokens.Of(spec, model.Served.Model);
        request.Media = media;
        request.TraceInputTokens += media.Tokens;
        request.InputTokens += media.Tokens;
        request.Content = spec.HashIds is { } hashIds
            ? new PromptContent(
                hashIds,
                spec.HashBlockTokens,
                spec.InputTokens,
                scope: PrefixKeys.Scope(spec.Adapter)
            )
            : null;
    }

    private static void RequireAsked(in RequestSpec spec, bool takes, MediaKind kind, string column)
    {
        if (!takes && spec.Media!.Any(item => item.Kind == kind))
        {
            throw new UserErrorException(
                $"request {spec.Id} of the workload has {column}, read only where they are asked for; allowed with a trace: columns {column}=NAME"
            );
        }
    }

    /// <summary>The request has left the cluster and can be reused.</summary>
    public void GiveBack(Request request)
    {
        request.Renew();
        _left.Push(request);
    }
}
