using System.Runtime.CompilerServices;
using LlmSim.Workloads;

namespace LlmSim.Metrics;

/// <content>The record of a request.</content>
internal sealed partial class MetricsRecorder
{
    /// <summary>A separate method, since its callers often run without a listener for records.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static RequestRecord Record(
        Request request,
        double tpotSeconds,
        Outcome outcome,
        string? reason
    ) =>
        new()
        {
            Id = request.Id,
            Arrival = request.FirstSent,
            TraceInputTokens = request.PromptTokensSent,
            TraceOutputTokens = request.TokensToReceive,
            InputTokens = request.InputTokens - request.KeptTokens,
            OutputTokens = request.TokensToReceive - request.EvictedTokens,
            PrefillInstance = request.PrefillInstance,
            TakenIn = request.TakenIn,
            Images = request.Media?.Of(MediaKind.Image).Count ?? 0,
            ImageTokens = request.Media?.Of(MediaKind.Image).Tokens ?? 0,
            Videos = request.Media?.Of(MediaKind.Video) ?? default,
            Audio = request.Media?.Of(MediaKind.Audio) ?? default,
            EncodeStart = request.EncodeStart,
            EncodeFinish = request.EncodeFinish,
            PrefillStart = request.PrefillStart,
            PrefillFinish = request.PrefillFinish,
            SentByDecode = request.NewToken == request.PrefillFinish ? null : request.NewToken,
            EarlierFirstToken = request.KeptTokens > 0 ? request.FirstToken : null,
            TransferFinish = request.TransferFinish,
            DecodeInstance = request.DecodeInstance,
            DecodeStart = request.DecodeStart,
            FirstDecodeStart = request.FirstDecodeStart,
            Finish = request.Finish,
            Evictions = request.Evictions,
            Recompute = request.RecomputeDuration,
            TpotSeconds = tpotSeconds,
            RejectionReason = reason,
            IsMeasured = request.IsMeasured,
            Outcome = outcome,
            Model = request.Model,
            Origin = request.Call?.Spec.Origin,
            Attempts = request.Call?.Attempts ?? 1,
            Failovers = request.Call?.Failovers ?? 0,
            Migrations = request.Migrations,
            ConversationId = request.Call?.Conversation?.First.Id,
            Turn = request.Call?.Turn ?? 0,
            FirstAnswer = request.FirstAnswer,
            ThinkingTokens = request.ThinkingTokens,
        };
}
