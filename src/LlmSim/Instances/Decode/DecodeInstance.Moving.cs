using LlmSim.Kernel;

namespace LlmSim.Instances.Decode;

/// <content>Requests that go on elsewhere, with their KV cache.</content>
internal sealed partial class DecodeInstance
{
    /// <summary>Requests whose KV cache is being sent away, and the tokens that it takes here: none of those that waited.</summary>
    private readonly Dictionary<Request, long> _sending = [];

    private long _sendingTokens;

    public override void Release(Request request)
    {
        var isHeld = _sending.Remove(request, out var tokens);
        Invariant.Require(isHeld, $"{this} released KV that it did not hold ({request})");
        _sendingTokens -= tokens;
        ChangeWork();
        if (_phase != Phase.Idle)
        {
            LookAtNextBoundary();
        }
        else if (_queue.Count > 0)
        {
            Admit();
            Continue();
        }
    }

    protected override void OnMoveOut()
    {
        // One that was preempted has nothing to take along.
        foreach (var request in InOrder().Where(request => !request.NeedsRecompute && Moves(request)))
        {
            _queue.Remove(request);
            CountUnqueued(request);
            _sending.Add(request, 0);
        }

        LookAtNextBoundary();
        ChangeWork();
    }

    private void MoveRunning()
    {
        if (Mover is null)
        {
            return;
        }

        _leaving.Clear();
        foreach (var request in _batch.NewestFirst)
        {
            if (!request.NeedsRecompute)
            {
                _leaving.Add(request);
            }
        }

        _leaving.Reverse();
        foreach (var request in _leaving)
        {
            TryMove(request);
        }

        _leaving.Clear();
    }

    private void TryMove(Request request)
    {
        // Whoever takes it in has to know how much it is.
        BringUpToDate(request);
        if (!Moves(request))
        {
            return;
        }

        _batch.Take(request);
        _work?.Remove(request, _batch.Iteration);
        var tokens = request.ContextTokens + _options.TokensBeside;
        _sending.Add(request, tokens);
        _sendingTokens += tokens;
    }

    private void ForgetSending()
    {
        _sending.Clear();
        _sendingTokens = 0;
    }
}
