namespace LlmSim.Batching;

/// <content>Requests that leave before they have all their tokens.</content>
internal sealed partial class BatchedInstance
{
    public override bool IsEmpty =>
        RunningRequests == 0 && QueuedRequests == 0 && _sending.Count == 0 && _expected.Count == 0;

    public override double BusySeconds =>
        (
            FirstPlanned is { } first ? Totals.BusyWith(first.Times.Start, _simulation.Now) : Totals.Busy
        ).Seconds;

    /// <summary>Of the micro-batches that are under way the one that began first; null when none is.</summary>
    private MicroBatch? FirstPlanned
    {
        get
        {
            MicroBatch? first = null;
            foreach (var batch in _batches.Computed)
            {
                if (batch.IsPlanned && (first is null || batch.Times.Start < first.Times.Start))
                {
                    first = batch;
                }
            }

            return first;
        }
    }

    public override void Withdraw(Request request)
    {
        Settle();
        if (_waiting.TryTake(request) is { } sequence)
        {
            _cache.Release(sequence);
            _scheduler.OnFreed();
            ChangeWork();
            _clock.Interrupt();
            _options.OnWithdrawn(request);
            return;
        }

        request.IsWithdrawn = true;
        foreach (var batch in _batches.All)
        {
            batch.HasWithdrawn = true;
        }

        _clock.Interrupt();
    }

    public override IReadOnlyList<Instance> FailingTogether => _clock.Members;

    public override void Fail() => _clock.Fail();

    /// <summary>Everything here is lost, in the middle of an iteration.</summary>
    public void LoseAll()
    {
        Settle();
        foreach (var batch in _batches.All)
        {
            _batches.Use(batch, _scheduler);
            _scheduler.Separate();
            foreach (var sequence in _scheduler.Single)
            {
                sequence.CountComputed();
            }

            CountEndedIterations(batch);
            _scheduler.Clear();
            (batch.IsPlanned, batch.HasWithdrawn) = (false, false);
            batch.Plan(default);
        }

        _planner.Clear();
        _waiting.Clear();
        _sending.Clear();
        _expected.Clear();
        _cache.Clear();
        Adapters?.Clear();
        Grammars?.Clear();
        _compiling.Clear();
        ChangeWork();
    }

    public override void CancelReservation(Request request)
    {
        if (request.Sequence is { } sequence)
        {
            Settle();
            request.Sequence = null;
            _cache.Release(sequence);
            _clock.Interrupt();
        }
    }

    public override void Unexpect(Request request)
    {
        _expected.Remove(request);
        ChangeWork();
    }

    protected override void OnSlowed()
    {
        Settle();
        _clock.Interrupt();
        ChangeWork();
    }

    /// <summary>Tokens of so many iterations of the plan; of drafts only those count that are accepted.</summary>
    private void CountComputed(MicroBatch batch, int iterations)
    {
        ref readonly var planned = ref batch.Planned;
        ComputedTokens += (long)iterations * (planned.PrefillTokens + planned.DecodeRequests);
        Totals.AddDrafts(iterations, planned);
    }

    private void CountAccepted()
    {
        var accepted = _scheduler.TakeAcceptedDrafts();
        ComputedTokens += accepted;
        Totals.AcceptedDraftTokens += accepted;
    }

    /// <summary>Those of the plan that is cut off.</summary>
    private void CountEndedIterations(MicroBatch batch)
    {
        if (batch.IsPlanned)
        {
            var ended = batch.Times.EndedBefore(_simulation.Now);
            CountComputed(batch, ended);
            ComputedTokens += batch.HandedOverTokens;
            CountAccepted();
            Totals.AddEnded(ended, batch.Planned.Requests, batch.Times.Start, _simulation.Now);
        }
    }
}
