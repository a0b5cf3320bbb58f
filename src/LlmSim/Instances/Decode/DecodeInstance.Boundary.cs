namespace LlmSim.Instances.Decode;

/// <content>What happens at a boundary: requests get their tokens and leave, memory is relieved, others join.</content>
internal sealed partial class DecodeInstance
{
    private readonly List<RunningState> _mayBeVictims = [];

    private void CompleteIterations()
    {
        var count = _plan.Count;
        Report(_plan, promptTokens: 0, _batch.Count);
        RecordFirstGaps();
        _plan.RecordGaps(_interTokenLatency, _batch.MeasuredCount);
        _batch.Advance(count);
        IterationTokens += (long)count * _batch.Count;
        ComputedTokens += (long)count * _batch.Count;
        _peakTokens = Math.Max(_peakTokens, HeldTokens);
        Busy += _plan.End - _plan.Start;
        _lastToken = _simulation.Now;
        _plan.Complete();
    }

    /// <summary>The gaps of the first iteration: those who joined at its start count from their own last token.</summary>
    private void RecordFirstGaps()
    {
        var end = _plan.EndOf(1);
        var others = _batch.MeasuredCount;
        foreach (var request in _batch.NewestFirst)
        {
            if (request.JoinedAtIteration != _batch.Iteration)
            {
                break;
            }

            var count = request.IsMeasured ? 1 : 0;
            _interTokenLatency.Record(end - request.LastToken, count);
            others -= count;
        }

        _interTokenLatency.Record(end - _lastToken, others);
    }

    private void CompleteRecomputations()
    {
        OnIteration?.Invoke(
            new(
                this,
                _phaseStart,
                _simulation.Now,
                _recomputing.Sum(request => request.ContextTokens),
                _recomputing.Count
            )
        );
        foreach (var request in _recomputing)
        {
            request.NeedsRecompute = false;
            request.CountComputed(0, request.RecomputeTokens);
            ComputedTokens += request.RecomputeTokens;
            _work?.Remove(request, _batch.Iteration);
            _batch.GiveToken(request);
            _work?.Add(request, _batch.Iteration);
            _interTokenLatency.Record(_simulation.Now - request.LastToken, request.IsMeasured ? 1 : 0);
            request.LastToken = _simulation.Now;
        }

        _peakTokens = Math.Max(_peakTokens, HeldTokens);
        _recomputing.Clear();
    }

    private int FinishRequests()
    {
        var finished = 0;
        _batch.SeeAnswers(_simulation.Now);
        while (_batch.TryTakeFinished() is { } request)
        {
            finished++;
            _work?.Remove(request, _batch.Iteration);
            request.LastToken = _simulation.Now;
            _onFinished(request);
        }

        CompletedRequests += finished;
        return finished;
    }

    private int RelieveMemory()
    {
        var evicted = 0;
        if (_options.Saturation == Saturation.EvictAll)
        {
            if (HeldTokens > _capacityTokens)
            {
                evicted = _batch.Count;
                EvictAll();
            }
        }
        else
        {
            // One request alone always fits, or was refused; under overshooting admission it may run over the limit.
            while (_batch.Count > (_sendingTokens > 0 ? 0 : 1) && HeldTokens + _batch.Count > _capacityTokens)
            {
                Preempt(Victim());
                evicted++;
            }
        }

        Evictions += evicted;
        return evicted;
    }

    private void EvictAll()
    {
        _batch.TakeAll(_leaving);
        // Before policies compute keys: they must see the instance without the evicted requests.
        foreach (var request in _leaving)
        {
            _work?.Remove(request, _batch.Iteration);
        }

        foreach (var request in _leaving)
        {
            request.Evictions++;
            request.LastToken = _simulation.Now;
            request.InputTokens += request.DecodedTokens;
            request.DecodeTokensOwed -= request.DecodedTokens;
            request.EvictedTokens += request.DecodedTokens;
            request.DecodedTokens = 0;
            Enqueue(request);
        }
    }

    private Request Victim()
    {
        if (_options.Victims is null)
        {
            return _batch.Newest;
        }

        _mayBeVictims.Clear();
        CopyRunningTo(_mayBeVictims);
        // They come newest first.
        _mayBeVictims.Reverse();
        return _mayBeVictims[_options.Victims.Choose(this, _simulation.Now, _mayBeVictims)].Request;
    }

    private void Preempt(Request victim)
    {
        BringUpToDate(victim);
        _batch.Take(victim);
        _work?.Remove(victim, _batch.Iteration);
        victim.Evictions++;
        victim.NeedsRecompute = true;
        Enqueue(victim);
    }

    private void BringUpToDate(Request request)
    {
        if (request.JoinedAtIteration != _batch.Iteration)
        {
            // The current time may be the end of another request's recomputation, which gave this one no token.
            request.LastToken = _lastToken;
            _batch.BringUpToDate(request);
        }
    }

    private void Admit()
    {
        while (
            _queue.Count > 0
            && (
                _options.Admission == Admission.Strict
                || HeldTokens * _options.KvBytesPerToken < KvCapacityBytes
            )
        )
        {
            var next = _queue.Select(this, _simulation.Now);
            // Everyone, the newcomer included, needs room for one more token.
            var tokensNeeded = HeldTokens + next.ContextTokens + _options.TokensBeside + _batch.Count + 1;
            if (_options.Admission == Admission.Strict && tokensNeeded > _capacityTokens)
            {
                break;
            }

            _queue.RemoveSelected(this, _simulation.Now);
            CountUnqueued(next);
            Join(next);
        }
    }

    private void Enqueue(Request request)
    {
        ChangeWork();
        _queue.Enqueue(request, this, _simulation.Now);
        _queuedTokens += request.ContextTokens;
        _queuedWork += OutputEstimate.RemainingTokens(request);
    }

    private void CountUnqueued(Request request)
    {
        _queuedTokens -= request.ContextTokens;
        _queuedWork -= OutputEstimate.RemainingTokens(request);
    }

    private void Join(Request request)
    {
        if (request.Evictions == 0 && request.Migrations == 0)
        {
            request.BeginDecode(_simulation.Now);
        }

        request.DecodeStart = _simulation.Now;
        _batch.Join(request);
        _work?.Add(request, _batch.Iteration);
        if (request.NeedsRecompute)
        {
            _recomputing.Add(request);
        }
    }
}
