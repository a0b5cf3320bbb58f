using System.Runtime.InteropServices;
using LlmSim.Instances.Queues;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// Which tokens an iteration computes: the batching rule of an engine, one file a rule. A rule plans iterations; the instance says when
/// they have ended.
/// </summary>
/// <param name="spec">The engine.</param>
/// <param name="role">What it does for a request.</param>
/// <param name="cache">Its KV blocks.</param>
/// <param name="waiting">Who waits for it.</param>
/// <param name="reservesToEnd">Whether a request that is admitted holds a reservation for all blocks that it may yet need.</param>
internal abstract partial class IterationScheduler(
    EngineSpec spec,
    InstanceRole role,
    PagedKvCache cache,
    WaitingRequests waiting,
    bool reservesToEnd = false
)
{
    private List<SequenceState> _single = [];
    private long _joins;

    protected EngineSpec Spec { get; } = spec;

    protected InstanceRole Role { get; } = role;

    protected PagedKvCache Cache { get; } = cache;

    protected WaitingRequests Waiting { get; } = waiting;

    /// <summary>
    /// The requests of the batch that each get a token in every iteration that decodes. The others are <see cref="Single" />.
    /// </summary>
    public DecodingRequests Decoding { get; private set; } = null!;

    /// <summary>The rule of an engine's kind.</summary>
    /// <param name="spec">The engine.</param>
    /// <param name="role">What it does for a request.</param>
    /// <param name="cache">Its KV blocks.</param>
    /// <param name="waiting">Who waits for it.</param>
    /// <param name="victims">Chooses whom to preempt; null for the latest. Kinds that do not let it be chosen have a rule of their own.</param>
    /// <param name="drafting">Who says how many drafts are accepted; null without speculative decoding.</param>
    /// <param name="adapters">Where adapters are; null without any.</param>
    /// <param name="microBatches">In how many micro-batches its requests are.</param>
    /// <param name="own">Has a rule of the user's own plan, for an instance; null for the rule of the kind.</param>
    public static IterationScheduler Create(
        EngineSpec spec,
        InstanceRole role,
        PagedKvCache cache,
        WaitingRequests waiting,
        Func<SimTime, List<RunningState>, int>? victims,
        Drafting? drafting,
        AdapterSlots? adapters,
        int microBatches,
        (Instance Instance, BatchingCaller Policy)? own
    )
    {
        IterationScheduler scheduler = spec.Kind switch
        {
            EngineKind.Sglang => new SglangScheduler(spec, role, cache, waiting),
            EngineKind.TensorRtLlm => new TensorRtLlmScheduler(spec, role, cache, waiting),
            _ when spec.Batching == BatchingRule.Orca => new OrcaScheduler(spec, role, cache, waiting),
            _ when spec.Batching == BatchingRule.Static => new StaticScheduler(spec, role, cache, waiting),
            _ when own is var (instance, policy) => new PolicyScheduler(
                spec,
                role,
                cache,
                waiting,
                instance,
                policy
            ),
            _ => new VllmScheduler(spec, role, cache, waiting, victims),
        };
        scheduler.MicroBatches = microBatches;
        scheduler.Drafting = drafting;
        scheduler.Adapters = adapters;
        return scheduler;
    }

    /// <summary>Requests of the micro-batch.</summary>
    protected int Running => _single.Count + Decoding.Count;

    /// <summary>Those with a progress of their own, in the order in which they joined: with a prompt to compute, or with a gap before their next token.</summary>
    public ReadOnlySpan<SequenceState> Single => CollectionsMarshal.AsSpan(_single);

    /// <summary>Those of the batch that joined with the planned iteration.</summary>
    public List<SequenceState> Admitted { get; } = [];

    public long Preemptions { get; private set; }

    /// <summary>Plans an iteration.</summary>
    /// <param name="now">The simulated clock.</param>
    /// <param name="departing">Requests that have ended, but hold their places in the batch and their blocks yet.</param>
    /// <returns>What its time depends on: no tokens when there is nothing to compute.</returns>
    public abstract IterationBatch Schedule(SimTime now, int departing);

    /// <summary>What the next iteration would hold if no prompt were held back.</summary>
    /// <param name="now">The simulated clock.</param>
    /// <param name="departing">Requests that have ended, but hold their places in the batch and their blocks yet.</param>
    public virtual NextIteration LooksAhead(SimTime now, int departing) =>
        throw new InvariantViolationException(
            "an engine that does not hold prompts back was asked what it would hold"
        );

    /// <summary>Whether prompts that wait are held back, because other members of the group have none.</summary>
    public bool HoldsPromptsBack { get; set; }

    /// <summary>A request leaves before it has all its tokens, or before its prompt is computed.</summary>
    public virtual void OnWithdrawn(SequenceState sequence) { }

    /// <summary>Everything is lost: nobody runs.</summary>
    public virtual void Clear()
    {
        Decoding.Clear();
        _single.Clear();
        Admitted.Clear();
        Encoding?.Clear();
        IsSteady = false;
    }

    /// <summary>Requests that had ended have let go of their places and blocks.</summary>
    public virtual void OnFreed() { }

    /// <summary>The planned iteration has ended for the last time; those that leave with it are still among the running ones.</summary>
    public virtual void OnEnded() { }

    /// <summary>A request has the blocks for what it gets in an iteration that begins.</summary>
    protected virtual void OnPlanned(SequenceState sequence) { }

    /// <summary>Who is planned could still become a victim: only now is it sure that the requests get what they are planned for.</summary>
    protected void PublishPlanned()
    {
        foreach (var sequence in Single)
        {
            if (sequence.Scheduled > 0)
            {
                OnPlanned(sequence);
            }
        }
    }

    /// <summary>Gives a request whose KV cache is to come what it has to have before it is sent; false when there is too little.</summary>
    public virtual bool TryReserve(SequenceState sequence) => Cache.TryReserve(sequence);

    /// <summary>
    /// Tokens that a request has blocks for at its end here: the KV cache of the last token is never asked for, that of rejected drafts is.
    /// </summary>
    public long MostTokens(Request request) =>
        Role == InstanceRole.Prefill
            ? request.TraceInputTokens
            : (long)request.TraceInputTokens + request.TraceOutputTokens + DecodeTokensEach - 2;

    /// <summary>
    /// A plan has ended: takes out the requests that have left, and counts those that go on decoding in step with each other as one.
    /// </summary>
    /// <param name="end">When it ended.</param>
    public void Regroup(SimTime end)
    {
        var kept = 0;
        foreach (var sequence in Single)
        {
            Encoding?.Pass(sequence);
            if (sequence.HasLeft)
            {
                continue;
            }

            if (GoesOnInStep(sequence, end))
            {
                DrawPace(sequence);
                Decoding.Add(sequence);
            }
            else
            {
                _single[kept++] = sequence;
            }
        }

        _single.RemoveRange(kept, _single.Count - kept);
    }

    /// <summary>Whether requests that decode alike are counted as one; a rule that is asked for each of them is not told so.</summary>
    protected virtual bool DecodesInStep => true;

    private bool GoesOnInStep(SequenceState sequence, SimTime end) =>
        DecodesInStep
        && Role != InstanceRole.Prefill
        && sequence.IsBeforeNextToken
        && sequence.Request.LastToken == end
        && (Decoding.Count == 0 || Decoding.LastToken == end)
        && sequence.Published == sequence.SharedBlocks
        // Room for drafts stays with a request that has had some.
        && (Cache.Lacking(sequence, sequence.Computed) is var lacking)
        && (lacking == 0 || (lacking < 0 && Drafting is not null));

    /// <summary>Puts the selected waiting request into the batch.</summary>
    protected void Join(SequenceState selected, SimTime now)
    {
        Waiting.RemoveSelected(selected, now);
        _single.Add(selected);
        selected.Join = ++_joins;
        TakeSlot(selected);
        Admitted.Add(selected);
    }

    /// <summary>Adds the requests of the batch to a list, with what they have got.</summary>
    protected void CopyTo(ICollection<RunningState> running) => _used.CopyTo(running);

    /// <summary>Has every request of the batch a progress of its own again, so that the rule may look at each.</summary>
    public void Separate()
    {
        if (Decoding.Count > 0)
        {
            Decoding.TakeAll(_single);
            SortByJoin();
        }
    }

    private void SortByJoin() => _single.Sort(static (one, other) => one.Join.CompareTo(other.Join));

    /// <summary>Takes a separate request out of the batch; it keeps its blocks.</summary>
    public void TakeAway(SequenceState sequence) => _single.Remove(sequence);

    /// <summary>Takes a separate request out of the batch, and its blocks from it: it starts over. Where it waits is the rule's.</summary>
    protected void TakeOut(SequenceState sequence)
    {
        _single.Remove(sequence);
        Admitted.Remove(sequence);
        Preemptions++;
        Encoding?.TakeBack(sequence);
        sequence.Request.Evictions++;
        Cache.Preempt(sequence);
        OnTakenOut?.Invoke(sequence.Request);
    }

    /// <summary>Takes a separate request out, to wait as vLLM has it: before the others, or by its priority among the new ones.</summary>
    protected void TakeOutToWait(SequenceState sequence, SimTime now)
    {
        TakeOut(sequence);
        if (Spec.SchedulingPolicy == SchedulingPolicy.Priority)
        {
            Waiting.Requeue(sequence, now);
        }
        else
        {
            Waiting.PutBack(sequence);
        }
    }

    /// <summary>Makes the blocks findable that the ended iterations have filled.</summary>
    protected void PublishComputed()
    {
        foreach (var sequence in _single)
        {
            Cache.Publish(sequence, sequence.Computed);
        }
    }

    /// <summary>Has the requests that decode in step get their next token in the planned iteration; there must be blocks for it.</summary>
    protected void PlanDecodingRequests()
    {
        if (Decoding.Count > 0)
        {
            Decoding.ProvideNext();
            Decoding.IsPlanned = true;
        }
    }
}
