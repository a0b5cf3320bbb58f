using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Prompts beside decoding requests: running requests first, each with what it has not computed yet, as far as the budget goes; then
/// waiting ones, unless a block could not be had. What a request has to have to be admitted is the engine's.
/// </summary>
internal abstract class RunningFirstScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting,
    Func<SimTime, List<RunningState>, int>? victims = null,
    bool reservesToEnd = false
) : IterationScheduler(spec, role, cache, waiting, reservesToEnd)
{
    private readonly List<RunningState> _mayBeVictims = [];
    private readonly int _longest = spec.Kind == EngineKind.Vllm ? spec.LongPrefillTokens : 0;

    private enum Answer
    {
        Admitted,
        NoBudget,
        NoBlocks,
    }

    public override IterationBatch Schedule(SimTime now, int departing)
    {
        Admitted.Clear();
        Decoding.IsPlanned = false;
        while (true)
        {
            var budget = Spec.MaxBatchedTokens;
            Encoding?.Begin();
            var preempted = ContinueRunning(ref budget, now);
            var mayAdmitNext =
                preempted || HoldsBack(now, departing, budget) || Admit(ref budget, now, departing);
            var batch = Batch();
            Invariant.Require(
                budget >= 0 || batch.Requests == 1,
                $"{-budget} tokens above the budget of an iteration of {batch.Requests} requests"
            );
            if (batch.Tokens > 0 || !preempted)
            {
                IsSteady = !mayAdmitNext && !HasImages && AllSingleGoOn();
                return batch;
            }

            // The only one preempted itself: the next iteration begins at once, and may admit.
        }
    }

    /// <summary>Gives a waiting request its hits and the blocks for so many tokens more, if it may be admitted.</summary>
    protected abstract bool TryHold(SequenceState sequence, int hits, int tokens);

    /// <summary>Tokens that there has to be memory for when a request is admitted.</summary>
    protected virtual long TokensToHold(SequenceState sequence) => sequence.Length;

    /// <summary>Takes a request out of the batch, because a block is missing.</summary>
    protected abstract void Preempt(SequenceState sequence, SimTime now);

    /// <summary>Whether nobody is admitted although there may be room, because more may come.</summary>
    protected virtual bool HoldsBack(SimTime now, int departing, int budget) => false;

    /// <summary>Gives the running requests what they want; says whether somebody was preempted for it.</summary>
    private bool ContinueRunning(ref int budget, SimTime now)
    {
        if (Decoding.Count > 0)
        {
            if (!HasRoomForAll(budget))
            {
                Separate();
            }

            budget -= Decoding.Count * DecodeTokensEach;
            PlanDecodingRequests();
        }

        var preempted = ContinueSingle(ref budget, now);
        if (victims is not null)
        {
            PublishPlanned();
        }

        return preempted;
    }

    /// <summary>Whether those that decode in step can all go on, and those with a progress of their own have what is left: then the order does not matter.</summary>
    private bool HasRoomForAll(int budget)
    {
        var left = budget - (Decoding.Count * DecodeTokensEach);
        var blocks = Decoding.UnreservedBlocksFor(1);
        foreach (var sequence in Single)
        {
            var tokens = Part(sequence.Length - sequence.Computed);
            if (left <= 0 || (tokens > left && sequence.Join < Decoding.LatestJoin))
            {
                return false;
            }

            tokens = Math.Min(tokens + DraftsFor(sequence), left);
            left -= tokens;
            blocks += Math.Max(0, Cache.Lacking(sequence, sequence.Computed + tokens) - sequence.Reserved);
        }

        return left >= 0 && blocks <= Cache.Available;
    }

    private bool ContinueSingle(ref int budget, SimTime now)
    {
        var preempted = false;
        for (var i = 0; i < Single.Length && budget > 0; i++)
        {
            var sequence = Single[i];
            var tokens = Math.Min(Part(sequence.Length - sequence.Computed), budget);
            tokens = Encoding?.Plan(sequence, sequence.Computed, tokens) ?? tokens;
            if (tokens == 0)
            {
                // It waits for its next picture, and others go on.
                continue;
            }

            var drafts = DraftsFor(sequence);
            while (!Cache.TryGrow(sequence, sequence.Computed + tokens + drafts))
            {
                preempted = true;
                var place = Victim(now);
                var victim = Single[place];
                if (place < i)
                {
                    // It was planned already: another one may have its tokens.
                    budget += victim.Scheduled + victim.Drafts;
                    i--;
                }

                Preempt(victim, now);
                if (victim == sequence)
                {
                    return true;
                }
            }

            Plan(sequence, tokens, ref budget);
            // The last ones may have drafts above the budget, where an engine would have fewer.
            sequence.Drafts = drafts;
            budget = Math.Max(0, budget - drafts);
            if (victims is null)
            {
                OnPlanned(sequence);
            }
        }

        return preempted;
    }

    /// <summary>Place of the one that is to be preempted.</summary>
    private int Victim(SimTime now)
    {
        if (victims is null)
        {
            return Single.Length - 1;
        }

        _mayBeVictims.Clear();
        CopyTo(_mayBeVictims);
        return victims(now, _mayBeVictims);
    }

    /// <summary>Admits waiting requests; says whether the next iteration may admit more although the batch stays as it is.</summary>
    private bool Admit(ref int budget, SimTime now, int departing)
    {
        var most = MostRunning;
        LookAtAdapters();
        while (Waiting.Seen > 0 && Running + departing < most)
        {
            if (budget <= 0)
            {
                // Nor will be, as long as the running ones go on alike.
                return Waiting.HasUnseen;
            }

            if (SelectWaiting(now) is not { } next)
            {
                break;
            }

            if (IsBeingRead(next, TokensToHold(next), now))
            {
                continue;
            }

            var answer = TryAdmit(next, ref budget);
            if (answer != Answer.Admitted)
            {
                // What does not fit goes on not fitting while the others grow, but the policy may want another one next time.
                return answer == Answer.NoBudget
                    || !Waiting.HasFixedOrder
                    || Waiting.HasUnseen
                    || departing > 0;
            }

            Join(next, now);
        }

        return Waiting.HasUnseen || (Waiting.Seen > 0 && departing > 0);
    }

    private Answer TryAdmit(SequenceState sequence, ref int budget)
    {
        var hits = Cache.CountHits(sequence);
        var tokens = Part(sequence.Length - Cache.ComputedWith(sequence, hits));
        if (tokens > budget)
        {
            if (Spec.ChunkedPrefill)
            {
                tokens = budget;
            }
            else if (budget < Spec.MaxBatchedTokens)
            {
                return Answer.NoBudget;
            }
        }

        tokens = Encoding?.Fit(sequence, Cache.ComputedWith(sequence, hits), tokens) ?? tokens;
        if (tokens == 0)
        {
            return Answer.NoBudget;
        }

        if (!TryHold(sequence, hits, tokens))
        {
            return Answer.NoBlocks;
        }

        // One that was found may have made room for another of its own pictures, so that it is encoded again, and waits.
        tokens = Encoding?.Plan(sequence, sequence.Computed, tokens) ?? tokens;

        Plan(sequence, tokens, ref budget);
        OnPlanned(sequence);
        return Answer.Admitted;
    }

    /// <summary>The part of a prompt that an iteration computes at most.</summary>
    private int Part(int tokens) => _longest > 0 && Spec.ChunkedPrefill ? Math.Min(tokens, _longest) : tokens;

    private static void Plan(SequenceState sequence, int tokens, ref int budget)
    {
        sequence.Scheduled = tokens;
        budget -= tokens;
    }
}
