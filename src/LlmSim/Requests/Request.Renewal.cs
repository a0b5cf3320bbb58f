using LlmSim.Kernel;

namespace LlmSim.Requests;

/// <summary>What a request forgets: its progress when that is lost, everything when it has left.</summary>
internal sealed partial class Request
{
    /// <summary>What was done for it is lost: it is to be computed anew, but for the tokens that its client has and sends along.</summary>
    /// <param name="keptTokens">How many of those that it has got.</param>
    public void StartOver(int keptTokens)
    {
        Invariant.Require(
            keptTokens >= 0 && keptTokens <= GeneratedTokens && keptTokens < TraceOutputTokens,
            $"{this} was to keep {keptTokens} tokens of {GeneratedTokens}"
        );
        if (keptTokens > 0 && KeptTokens == 0)
        {
            Call!.FirstToken = NewToken;
        }

        var tokensFromPrefill = TraceOutputTokens - DecodeTokensOwed - EvictedTokens;
        KeptTokens += keptTokens;
        FirstAnswer = KeptTokens > ThinkingTokens ? FirstAnswer : null;
        TraceInputTokens += keptTokens;
        TraceOutputTokens -= keptTokens;
        InputTokens = TraceInputTokens;
        DecodeTokensOwed = TraceOutputTokens - tokensFromPrefill;
        ForgetProgress();
    }

    /// <summary>Forgets everything: what has left the cluster becomes a request that is to come.</summary>
    public void Renew()
    {
        Id = 0;
        Arrival = default;
        IsMeasured = false;
        TraceInputTokens = 0;
        TraceOutputTokens = 0;
        TtftDeadline = default;
        PredictedOutputTokens = null;
        InputTokens = 0;
        DecodeTokensOwed = 0;
        FirstTokenWaits = false;
        Content = null;
        Media = null;
        Traits = null;
        Call = null;
        Model = null;
        Outcome = default;
        ComputedTokens = 0;
        UsefulTokens = 0;
        _furthest = 0;
        KeptTokens = 0;
        FirstAnswer = null;
        ForgetProgress();
    }

    private void ForgetProgress()
    {
        State = RequestState.PrefillGlobal;
        DecodedTokens = 0;
        TokensFromPrefill = 0;
        EvictedTokens = 0;
        Queued = default;
        TakenIn = null;
        PrefillInstance = -1;
        PrefillDuration = default;
        PrefillStart = default;
        PrefillFinish = default;
        TransferFinish = default;
        DecodeInstance = -1;
        ChosenDecode = -1;
        DecodeStart = default;
        FirstDecodeStart = default;
        LastToken = default;
        Finish = default;
        Evictions = 0;
        NeedsRecompute = false;
        Migrations = 0;
        RecomputeDuration = default;
        JoinedAtIteration = 0;
        BatchSlot = 0;
        ExpectedOutputTokens = 0;
        IsWithdrawn = false;
        WaitsSince = null;
        Sequence = null;
        IsEncoded = false;
        EncodeStart = null;
        EncodeFinish = default;
    }
}
