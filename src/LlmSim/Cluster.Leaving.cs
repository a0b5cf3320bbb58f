namespace LlmSim;

/// <content>Requests that leave without all their tokens.</content>
internal sealed partial class Cluster
{
    /// <summary>The cluster does not take a request now; its client may send it again.</summary>
    private void TurnAway(Request request, string reason)
    {
        request.State = RequestState.Rejected;
        GiveUp(request, Outcome.Rejected, reason);
        Drop(request);
    }

    /// <summary>A client has waited long enough.</summary>
    private void OnOutOfPatience(Request request, string reason)
    {
        GiveUp(request, Outcome.TimedOut, reason);
        Withdraw(request);
    }

    /// <summary>An attempt comes to nothing; the client sends the request again, or it ends.</summary>
    private void GiveUp(Request request, Outcome outcome, string reason)
    {
        _lostAt.Remove(request.Id);
        request.Outcome = outcome;
        if (request.Call is { } call && _persistence?.TryAgain(call) == true)
        {
            call.Attempt = null;
            _recorder.Service!.Retries++;
        }
        else
        {
            End(request, outcome, reason);
        }
    }

    /// <summary>A request ends without all its tokens. What it holds in the cluster is another matter.</summary>
    private void End(Request request, Outcome outcome, string reason)
    {
        _lastEnd = _simulation.Now;
        _recorder.OnUnserved(request, outcome, reason, _simulation.Now);
        Count(request, ended: 1);
        _persistence?.Forget(request);
        _conversations.OnEnded(request, isServed: false);
    }

    /// <summary>Nothing of an attempt that came to nothing is in the cluster any more.</summary>
    private void Drop(Request request)
    {
        _recorder.OnDropped(request);
        _feedback?.Tell(request, _simulation.Now);
        _live?.Remove(request);
        _fleet?.OnLeft();
        _requests.GiveBack(request);
    }

    /// <summary>Takes an attempt out of the cluster, wherever it is; an instance that computes it lets go of it at the next boundary.</summary>
    private void Withdraw(Request request)
    {
        switch (request.State)
        {
            case RequestState.PrefillLocal:
                _transfers.CancelEarly(request);
                PrefillSide(request).Withdraw(request);
                break;
            case RequestState.DecodeLocal:
                DecodeSide(request).Withdraw(request);
                break;
            case RequestState.DecodeGlobal:
                if (!_undecoded.Remove(request))
                {
                    CancelTransfer(request);
                }

                Holder(request).Release(request);
                Drop(request);
                break;
            default:
                if (
                    _unplaced.Remove(request)
                    || _transfers.CancelFetch(request) is not null
                    || _encode?.TryWithdraw(request) == true
                )
                {
                    Drop(request);
                }
                else
                {
                    // It is in the front end, which passes it on at its time.
                    request.IsWithdrawn = true;
                }

                break;
        }
    }

    private Instance PrefillSide(Request request) => Side(_prefill, request.PrefillInstance);

    private Instance DecodeSide(Request request) => Side(_decode, request.DecodeInstance);

    /// <summary>An instance of a stage by its number; mixed ones are numbered after those of both stages.</summary>
    private Instance Side(Instance[] stage, int index)
    {
        var firstMixed = Math.Max(_prefill.Length, _decode.Length);
        return index >= firstMixed ? _mixed[index - firstMixed] : stage[index];
    }
}
