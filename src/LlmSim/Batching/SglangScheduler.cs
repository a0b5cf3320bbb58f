using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// The rule of SGLang: prompts first. An iteration computes prompts alone as long as waiting requests can be admitted, else it decodes all
/// running ones. A request is admitted when its prompt and output fit beside a share of what the running ones may yet generate; when that was too
/// hopeful, requests are retracted. Blocks are found from the end of the iteration on that fills them.
/// </summary>
/// <remarks>
/// Figures are those of srt/environ.py (SGLANG_INIT_NEW_TOKEN_RATIO and so on) with schedule_conservativeness 1.
/// </remarks>
internal sealed partial class SglangScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting
) : IterationScheduler(spec, role, cache, waiting)
{
    /// <summary>Share of the tokens to come that is counted on at the start.</summary>
    private const double InitialShare = 0.7;

    /// <summary>The least share, and the decode iterations that it takes to come to it.</summary>
    private const double LeastShare = InitialShare * 0.14;
    private const int DecayIterations = 600;

    /// <summary>Tokens that each request that stays has room for after a retraction.</summary>
    private const int RoomAfterRetraction = 20;

    /// <summary>Most tokens to come that are counted of a request (CLIP_MAX_NEW_TOKENS).</summary>
    private const int MostTokensToCome = 4096;

    /// <summary>The share was set to this, and so many decode iterations have ended since.</summary>
    private double _shareSet = InitialShare;
    private int _decodedSince;

    private readonly Func<SequenceState, int> _countHits = cache.CountHits;

    /// <summary>The request whose prompt is computed in part.</summary>
    private SequenceState? _chunked;

    /// <summary>A request did not fit, and nobody has left since: nobody else is tried.</summary>
    private bool _isFull;

    /// <summary>Decode iterations since the engine last read who has come.</summary>
    private int _sinceReceived;

    /// <summary>Share of the tokens to come of running requests for which memory is kept (new_token_ratio).</summary>
    private double Share =>
        _decodedSince == 0
            ? _shareSet
            : Math.Max(
                LeastShare,
                _shareSet - (_decodedSince * (InitialShare - LeastShare) / DecayIterations)
            );

    public override IterationBatch Schedule(SimTime now, int departing)
    {
        Admitted.Clear();
        Encoding?.Begin();
        Decoding.IsPlanned = false;
        while (true)
        {
            // What a prefill instance holds goes as soon as it is sent.
            _isFull &= Running > 0 && Role != InstanceRole.Prefill;
            var hasPrompts = Receives() && PlanPrompts(now, departing);
            if (hasPrompts && Spec.MixedChunk)
            {
                DecodeBesidePrompts();
            }

            var hasRetracted = !hasPrompts && PlanDecoding(now);
            if (Running == 0 && hasRetracted)
            {
                // All were retracted: the next iteration begins at once, and may admit.
                continue;
            }

            if (Running + Elsewhere == 0)
            {
                SetShare(InitialShare);
            }

            _sinceReceived = hasPrompts || Running == 0 ? Spec.ReceiveIterations : _sinceReceived + 1;
            var isSettled = Waiting.Seen == 0 || (_isFull && departing == 0 && Running > 0);
            IsSteady = !hasPrompts && !hasRetracted && !Waiting.HasUnseen && isSettled;
            return Batch();
        }
    }

    public override void OnFreed() => _isFull = false;

    public override void OnWithdrawn(SequenceState sequence)
    {
        if (_chunked == sequence)
        {
            _chunked = null;
        }
    }

    public override void Clear()
    {
        base.Clear();
        SetShare(InitialShare);
        (_chunked, _isFull, _sinceReceived) = (null, false, 0);
    }

    protected override void OnRepeated(int iterations)
    {
        _decodedSince += iterations;
        _sinceReceived += iterations;
    }

    /// <summary>Each micro-batch has its share (pp_max_micro_batch_size).</summary>
    protected override (int Each, int Together) Most
    {
        get
        {
            var each = Math.Max(1, Spec.MaxSequences / MicroBatches);
            return (each, each * MicroBatches);
        }
    }

    public override void OnEnded() => PublishComputed();

    /// <summary>Whether the engine reads who has come, which it does after prompts and when idle in any case.</summary>
    private bool Receives()
    {
        var receives = _sinceReceived >= Spec.ReceiveIterations || Running == 0 || _chunked is not null;
        _sinceReceived = receives ? 0 : _sinceReceived;
        return receives;
    }

    /// <summary>Plans a part of the waiting prompts; false when there is none to compute now.</summary>
    private bool PlanPrompts(SimTime now, int departing)
    {
        if (_chunked is not null && !IsHere(_chunked))
        {
            // It waits for a place in another micro-batch, and goes before others.
            return false;
        }

        // Those that decode beside prompts come off both budgets, but for a last token.
        var decoding = Spec.MixedChunk ? Running - (_chunked is null ? 0 : 1) : 0;
        var chunkLeft = Math.Max(1, (Spec.ChunkedPrefill ? Spec.MaxBatchedTokens : int.MaxValue) - decoding);
        var promptLeft = Math.Max(1, Spec.MaxPrefillTokens - decoding);
        var hasPrompts = false;
        if (_chunked is { } begun)
        {
            hasPrompts = true;
            Take(begun);
        }

        var owed = IsClosed() ? 0 : TokensOwed();
        if (!IsClosed() && Running + departing < MostRunning)
        {
            Waiting.Arrange(_countHits);
        }

        while (!IsClosed() && chunkLeft > 0 && promptLeft > 0)
        {
            if (Running + departing >= MostRunning)
            {
                // Another micro-batch may have places.
                _isFull = MicroBatches == 1;
                break;
            }

            var next = Waiting.Select(now);
            var hits = Cache.CountHits(next);
            var tokens = next.Length - Cache.ComputedWith(next, hits);
            if (!Fits(next, hits, owed))
            {
                _isFull = true;
                break;
            }

            if (IsBeingRead(next, next.Length, now))
            {
                continue;
            }

            // Its KV cache has come: it only decodes.
            var hasPrompt = next.Arrived == 0;
            if (hasPrompt && hasPrompts && tokens >= promptLeft)
            {
                break;
            }

            var isHeld = Cache.TryAdmit(next, hits, tokens);
            Invariant.Require(isHeld, $"{next.Request} was thought to fit");
            // What has come from another instance can be found at once.
            Cache.Publish(next, next.Computed);
            Join(next, now);
            owed += hasPrompt ? TokensToCome(next) : Share * TokensToCome(next);
            if (hasPrompt)
            {
                hasPrompts = true;
                Take(next);
            }
        }

        Invariant.Require(chunkLeft >= 0, $"{-chunkLeft} tokens of prompts above the budget of an iteration");
        return hasPrompts;

        bool IsClosed() => Waiting.Seen == 0 || (_isFull && !Waiting.NextHoldsBlocks);

        void Take(SequenceState sequence)
        {
            sequence.Scheduled = Math.Min(sequence.Length - sequence.Computed, chunkLeft);
            chunkLeft -= sequence.Scheduled;
            promptLeft -= sequence.Scheduled;
            _chunked = sequence.CompletesNow ? null : sequence;
        }
    }

    /// <summary>Has all running requests decode; says whether some were retracted for it.</summary>
    private bool PlanDecoding(SimTime now)
    {
        var hasRetracted = Running > 0 && BlocksToGrow(1) > Cache.Available;
        if (hasRetracted)
        {
            Retract(now);
        }
        else if (Running > 0)
        {
            _decodedSince++;
        }

        PlanDecodingRequests();
        foreach (var sequence in Single)
        {
            DecodeOne(sequence);
        }

        return hasRetracted;
    }

    /// <summary>Has those decode that have no prompt to compute, when there is memory for all of them (enable_mixed_chunk).</summary>
    private void DecodeBesidePrompts()
    {
        var blocks = Decoding.BlocksFor(1);
        foreach (var sequence in Single)
        {
            blocks += sequence.Scheduled == 0 ? Lacking(sequence, 1) : 0;
        }

        if (blocks > Cache.Available)
        {
            return;
        }

        PlanDecodingRequests();
        foreach (var sequence in Single)
        {
            if (sequence.Scheduled == 0)
            {
                DecodeOne(sequence);
            }
        }
    }

    private void DecodeOne(SequenceState sequence)
    {
        (sequence.Scheduled, sequence.Drafts) = (1, DraftsFor(sequence));
        var grown = Cache.TryGrow(sequence, sequence.TokensHeldIn(1));
        Invariant.Require(grown, $"{sequence.Request} lacks a KV block that was counted");
    }
}
