using LlmSim.Kernel;

namespace LlmSim.Instances.Decode;

/// <content>Requests that leave before they have all their tokens.</content>
internal sealed partial class DecodeInstance
{
    /// <summary>Running requests whose clients have gone.</summary>
    private readonly List<Request> _withdrawn = [];

    /// <summary>When the recomputations end that are under way.</summary>
    private SimTime _recomputed;

    public override bool IsEmpty => _batch.Count == 0 && _queue.Count == 0 && _sending.Count == 0;

    public override double BusySeconds =>
        _phase switch
        {
            Phase.Decoding => (Busy + (_simulation.Now - _plan.Start)).Seconds,
            // They are counted when they begin.
            Phase.Recomputing => (Busy - (_recomputed - _simulation.Now)).Seconds,
            _ => Busy.Seconds,
        };

    public override void Withdraw(Request request)
    {
        if (_queue.Remove(request))
        {
            CountUnqueued(request);
            // The one behind it may fit.
            LookAtNextBoundary();
            ChangeWork();
            _onWithdrawn(request);
            return;
        }

        request.IsWithdrawn = true;
        _withdrawn.Add(request);
        LookAtNextBoundary();
    }

    public override void Fail()
    {
        _boundary.Cancel();
        if (_phase == Phase.Decoding)
        {
            var ended = _plan.EndedBy(_simulation.Now);
            _batch.Advance(ended);
            IterationTokens += (long)ended * _batch.Count;
            ComputedTokens += (long)ended * _batch.Count;
            Busy += _simulation.Now - _plan.Start;
            _plan.Complete();
            _plan.Rest();
        }
        else if (_phase == Phase.Recomputing)
        {
            Busy -= _recomputed - _simulation.Now;
        }

        _batch.TakeAll(_leaving);
        foreach (var request in _leaving)
        {
            _work?.Remove(request, _batch.Iteration);
        }

        _queue.Clear();
        (_queuedTokens, _queuedWork) = (0, 0);
        _leaving.Clear();
        _recomputing.Clear();
        _withdrawn.Clear();
        ForgetSending();
        _phase = Phase.Idle;
        ChangeWork();
    }

    protected override void OnSlowed()
    {
        LookAtNextBoundary();
        ChangeWork();
    }

    private void LookAtNextBoundary()
    {
        if (_phase == Phase.Decoding && _plan.CutAfter(_simulation.Now))
        {
            _boundary.Set(_plan.End);
        }
    }

    private void LetWithdrawnGo()
    {
        foreach (var request in _withdrawn)
        {
            _batch.Take(request);
            _work?.Remove(request, _batch.Iteration);
            _onWithdrawn(request);
        }

        _withdrawn.Clear();
    }
}
