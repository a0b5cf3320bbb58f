using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>Requests that leave before they have all their tokens.</content>
internal sealed partial class BatchedInstance
{
    /// <summary>Whether the client of a running request has gone since the last boundary.</summary>
    private bool _hasWithdrawn;

    public override bool IsEmpty =>
        RunningRequests == 0 && QueuedRequests == 0 && _sending.Count == 0 && _expected.Count == 0;

    public override double BusySeconds =>
        (Totals.Busy + (_isPlanned ? _simulation.Now - _group.Times.Start : SimTime.Zero)).Seconds;

    public override void Withdraw(Request request)
    {
        Settle();
        if (_waiting.TryTake(request) is { } sequence)
        {
            _cache.Release(sequence);
            _scheduler.OnFreed();
            ChangeWork();
            _group.Interrupt();
            _options.OnWithdrawn(request);
            return;
        }

        request.IsWithdrawn = true;
        _hasWithdrawn = true;
        _group.Interrupt();
    }

    public override IReadOnlyList<Instance> FailingTogether => _group.Members;

    public override void Fail() => _group.Fail();

    /// <summary>Everything here is lost, in the middle of an iteration.</summary>
    public void LoseAll()
    {
        Settle();
        _scheduler.Separate();
        foreach (var sequence in _scheduler.Single)
        {
            sequence.CountComputed();
        }

        CountEndedIterations();
        _scheduler.Clear();
        _planner.Clear();
        _waiting.Clear();
        _sending.Clear();
        _expected.Clear();
        _cache.Clear();
        (_isPlanned, _hasWithdrawn, _batch) = (false, false, default);
        ChangeWork();
    }

    public override void CancelReservation(Request request)
    {
        if (request.Sequence is { } sequence)
        {
            Settle();
            request.Sequence = null;
            _cache.Release(sequence);
            _group.Interrupt();
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
        _group.Interrupt();
        ChangeWork();
    }

    /// <summary>Tokens of so many iterations of the plan; of drafts only those count that are accepted.</summary>
    private void CountComputed(int iterations)
    {
        ComputedTokens += (long)iterations * (_batch.PrefillTokens + _batch.DecodeRequests);
        Totals.AddDrafts(iterations, _batch);
    }

    private void CountAccepted()
    {
        var accepted = _scheduler.TakeAcceptedDrafts();
        ComputedTokens += accepted;
        Totals.AcceptedDraftTokens += accepted;
    }

    /// <summary>Those of the plan that is cut off.</summary>
    private void CountEndedIterations()
    {
        if (_isPlanned)
        {
            var ended = _group.Times.EndedBefore(_simulation.Now);
            CountComputed(ended);
            CountAccepted();
            Totals.AddEnded(ended, _batch.Requests, _simulation.Now - _group.Times.Start);
        }
    }
}
