using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <content>Adapters of the requests.</content>
internal abstract partial class IterationScheduler
{
    private readonly List<AdapterState> _plannedAdapters = [];
    private int _runningAdapters;
    private SimTime _lookedAt;
    private Func<SequenceState, bool>? _hasSlot;

    /// <summary>Where adapters are; null without any.</summary>
    protected AdapterSlots? Adapters { get; private set; }

    /// <summary>Different adapters of the planned iteration, in the order of their numbers.</summary>
    public List<AdapterState> PlannedAdapters => _plannedAdapters;

    /// <summary>Different adapters of the requests of the batch.</summary>
    public int RunningAdapters
    {
        get
        {
            LookAtAdapters();
            return _runningAdapters;
        }
    }

    /// <summary>Requests are about to be admitted: those of the batch have their slots.</summary>
    protected void LookAtAdapters()
    {
        if (Adapters is null)
        {
            return;
        }

        Adapters.BeginLook();
        _runningAdapters = 0;
        foreach (var sequence in Decoding.All)
        {
            _runningAdapters += Adapters.IsNew(sequence.Adapter) ? 1 : 0;
        }

        foreach (var sequence in _single)
        {
            _runningAdapters += Adapters.IsNew(sequence.Adapter) ? 1 : 0;
        }
    }

    /// <summary>
    /// The waiting request that is next; null when no adapter of those that wait has a slot. While all slots are taken by adapters of the batch, requests with others are
    /// passed over.
    /// </summary>
    /// <remarks>vllm/v1/core/sched/scheduler.py, Scheduler.schedule: scheduled_loras.</remarks>
    protected SequenceState? SelectWaiting(SimTime now)
    {
        if (Adapters is null)
        {
            return Waiting.Select(now);
        }

        _lookedAt = now;
        return Waiting.SelectAmong(now, _hasSlot ??= HasSlot);
    }

    private bool HasSlot(SequenceState sequence)
    {
        var hasSlot =
            sequence.Adapter is not { } adapter
            || _runningAdapters < Adapters!.Most
            || Adapters.WasSeen(adapter);
        sequence.LacksSlotSince = hasSlot ? sequence.LacksSlotSince : sequence.LacksSlotSince ?? _lookedAt;
        return hasSlot;
    }

    private void TakeSlot(SequenceState sequence) =>
        _runningAdapters += Adapters is not null && Adapters.IsNew(sequence.Adapter) ? 1 : 0;

    /// <summary>The same iteration with its adapters.</summary>
    private IterationBatch WithAdapters(in IterationBatch batch)
    {
        if (Adapters is null)
        {
            return batch;
        }

        _plannedAdapters.Clear();
        Adapters.BeginLook();
        var tokens = 0;
        if (Decoding.IsPlanned)
        {
            foreach (var sequence in Decoding.All)
            {
                tokens += TokensWithAdapter(sequence, DecodeTokensEach);
            }
        }

        foreach (var sequence in _single)
        {
            tokens +=
                sequence.Scheduled > 0
                    ? TokensWithAdapter(sequence, sequence.Scheduled + sequence.Drafts)
                    : 0;
        }

        _plannedAdapters.Sort(static (one, other) => one.Number.CompareTo(other.Number));
        return batch with { AdapterTokens = tokens, Adapters = _plannedAdapters.Count };
    }

    private int TokensWithAdapter(SequenceState sequence, int tokens)
    {
        if (Adapters!.IsNew(sequence.Adapter))
        {
            _plannedAdapters.Add(sequence.Adapter!);
        }

        return sequence.Adapter is null ? 0 : tokens;
    }
}
