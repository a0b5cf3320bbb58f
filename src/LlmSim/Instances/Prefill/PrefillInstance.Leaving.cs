using LlmSim.Kernel;

namespace LlmSim.Instances.Prefill;

/// <content>Requests that leave before their prefill has ended.</content>
internal sealed partial class PrefillInstance
{
    public override bool IsEmpty => _running is null && _queue.Count == 0 && _heldTokens == 0;

    public override double BusySeconds =>
        (Busy + (_running is null ? SimTime.Zero : _simulation.Now - _running.PrefillStart)).Seconds;

    public override void Withdraw(Request request)
    {
        if (request == _running)
        {
            request.IsWithdrawn = true;
            return;
        }

        var isQueued = _queue.Remove(request);
        Invariant.Require(isQueued, $"{request} was withdrawn from {this}, where it is not");
        CountQueued(request, sign: -1);
        _onWithdrawn(request);
        StartNext();
    }

    protected override void OnMoveOut()
    {
        foreach (var request in InOrder())
        {
            _queue.Remove(request);
            CountQueued(request, sign: -1);
            Mover!.Reroute(request);
        }
    }

    public override void Fail()
    {
        _finish.Cancel();
        Busy += _running is null ? SimTime.Zero : _simulation.Now - _running.PrefillStart;
        _running = null;
        _queue.Clear();
        _queuedByLength?.Clear();
        (_queuedTokens, _queuedNanoseconds) = (0, 0);
        _heldTokens = 0;
        ChangeWork();
    }
}
