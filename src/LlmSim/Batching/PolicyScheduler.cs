using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;

namespace LlmSim.Batching;

/// <summary>
/// A rule of the user's own, in an engine whose blocks, prefixes and queue are vLLM's. It is asked before each iteration, so that no two of them are one event.
/// </summary>
internal sealed class PolicyScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting,
    Instance instance,
    BatchingCaller policy
) : IterationScheduler(spec, role, cache, waiting), IBatchUnderPlan
{
    private SimTime _now;
    private int _departing;
    private SequenceState? _next;
    private bool _hasAskedForNext;
    private bool _hasPreempted;
    private bool _hasAdmitted;

    int IBatchUnderPlan.MaxBatchedTokens => Spec.MaxBatchedTokens;

    int IBatchUnderPlan.MaxSequences => Spec.MaxSequences;

    int IBatchUnderPlan.BlockTokens => Spec.BlockTokens;

    int IBatchUnderPlan.FreeBlocks => Cache.Available;

    int IBatchUnderPlan.Running => Running;

    int IBatchUnderPlan.Waiting => Waiting.Seen;

    bool IBatchUnderPlan.HasAdmitted => _hasAdmitted;

    protected override bool DecodesInStep => false;

    public override IterationBatch Schedule(SimTime now, int departing)
    {
        Admitted.Clear();
        IsSteady = false;
        (_now, _departing) = (now, departing);
        if (Running == 0 && Waiting.Seen == 0)
        {
            return Batch();
        }

        do
        {
            Encoding?.Begin();
            LookAtAdapters();
            (_next, _hasAskedForNext, _hasPreempted, _hasAdmitted) = (null, false, false, false);
            policy.Plan(instance, now, this);
            var batch = Batch();
            if (batch.Tokens > 0)
            {
                PublishPlanned();
                return batch;
            }

            // Where somebody was preempted for nothing the next iteration begins at once.
        } while (_hasPreempted);

        var isToBlame = Running > 0 || (Waiting.Seen > 0 && !_hasAskedForNext);
        return isToBlame && departing == 0 && !HasImages
            ? throw policy.Idle(now, Running, Waiting.Seen)
            : Batch();
    }

    protected override void OnPlanned(SequenceState sequence) =>
        Cache.Publish(sequence, sequence.Computed + sequence.Scheduled);

    BatchedRequest IBatchUnderPlan.RunningAt(int position)
    {
        var sequence = At(position);
        return View(sequence, sequence.Computed);
    }

    bool IBatchUnderPlan.TryNext(out BatchedRequest next)
    {
        var sequence = Next();
        next = sequence is null
            ? default
            : View(sequence, Cache.ComputedWith(sequence, Cache.CountHits(sequence)));
        return sequence is not null;
    }

    bool IBatchUnderPlan.TryCompute(int position, int tokens)
    {
        var sequence = At(position);
        tokens = Encoding?.Plan(sequence, sequence.Computed, tokens) ?? tokens;
        if (!Cache.TryGrow(sequence, sequence.Computed + tokens))
        {
            return false;
        }

        sequence.Scheduled = tokens;
        return true;
    }

    void IBatchUnderPlan.Preempt(int position)
    {
        TakeOutToWait(At(position), _now);
        (_hasPreempted, _next) = (true, null);
    }

    int IBatchUnderPlan.Admit(int tokens)
    {
        if (!_hasAdmitted)
        {
            // What running requests fill in this iteration is found from now on.
            PublishPlanned();
        }

        if (Next() is not { } sequence)
        {
            return 0;
        }

        var hits = Cache.CountHits(sequence);
        var computed = Cache.ComputedWith(sequence, hits);
        tokens = Math.Min(tokens, sequence.Length - computed);
        tokens = Encoding?.Fit(sequence, computed, tokens) ?? tokens;
        if (tokens == 0 || !Cache.TryAdmit(sequence, hits, tokens))
        {
            return 0;
        }

        tokens = Encoding?.Plan(sequence, sequence.Computed, tokens) ?? tokens;
        sequence.Scheduled = tokens;
        OnPlanned(sequence);
        Join(sequence, _now);
        (_hasAdmitted, _next) = (true, null);
        return tokens;
    }

    /// <summary>The request that is next, selected once: a queue's policy may draw random numbers.</summary>
    private SequenceState? Next()
    {
        _hasAskedForNext = true;
        while (_next is null && Waiting.Seen > 0 && Running + _departing < MostRunning)
        {
            if (SelectWaiting(_now) is not { } selected)
            {
                return null;
            }

            _next = IsBeingRead(selected, selected.Length, _now) ? null : selected;
        }

        return _next;
    }

    private static BatchedRequest View(SequenceState sequence, int computed) =>
        new(
            new RequestView(sequence.Request),
            computed,
            sequence.Length - computed,
            sequence.Scheduled,
            sequence.Request.GeneratedTokens,
            sequence.Blocks
        );

    private SequenceState At(int position) =>
        position >= 0 && position < Single.Length
            ? Single[position]
            : throw new ArgumentOutOfRangeException(
                nameof(position),
                position,
                $"there are {Single.Length} running requests"
            );
}
