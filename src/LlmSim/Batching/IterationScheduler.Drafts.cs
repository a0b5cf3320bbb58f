using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>Drafts that are verified beside the next tokens.</content>
internal abstract partial class IterationScheduler
{
    private long _acceptedSingle;
    private long _acceptedTaken;

    /// <summary>Who says how many drafts are accepted; null without speculative decoding.</summary>
    protected Drafting? Drafting { get; private set; }

    /// <summary>Tokens that an iteration computes of a request that decodes.</summary>
    protected int DecodeTokensEach { get; } = 1 + (spec.Speculation?.DraftTokens ?? 0);

    /// <summary>Draft tokens that were accepted of requests that have been looked at since it was last asked.</summary>
    public long TakeAcceptedDrafts()
    {
        var accepted = _acceptedSingle + Decoding.AcceptedDrafts - _acceptedTaken;
        _acceptedTaken += accepted;
        return accepted;
    }

    /// <summary>Draft tokens of a request in the next iteration, which has its pace from now on; 0 while a part of its prompt is to be computed.</summary>
    protected int DraftsFor(SequenceState sequence)
    {
        if (Drafting is null || !sequence.IsBeforeNextToken || Role == InstanceRole.Prefill)
        {
            return 0;
        }

        DrawPace(sequence);
        return Drafting.Tokens;
    }

    /// <summary>A request that is about to decode has its pace from now on.</summary>
    private void DrawPace(SequenceState sequence) =>
        sequence.Pace ??= Drafting?.Pace(sequence.Request, sequence.RemainingTokens);

    /// <summary>A request that is on its own gets the tokens of so many iterations that decode it; says how many.</summary>
    public int AdvanceDecoding(SequenceState sequence, int iterations)
    {
        var tokens = sequence.Drafts > 0 ? sequence.Pace!.Advance(iterations) : iterations;
        _acceptedSingle += tokens - iterations;
        return tokens;
    }
}
