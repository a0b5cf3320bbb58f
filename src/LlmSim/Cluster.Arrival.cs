using LlmSim.Clients;

namespace LlmSim;

/// <content>From the client to the first instance.</content>
internal sealed partial class Cluster
{
    private IClient Client(RequestStream requests) =>
        _scenario.Concurrency is { } concurrency
            ? new LimitedClient(
                requests,
                concurrency,
                _scenario.SendTimes,
                _simulation,
                _conversations.Send,
                _scenario.Clients.ThinkTime,
                _scenario.Seed
            )
            : new OpenStream(requests, _simulation, _conversations.Send);

    private void OnArrival(Request request)
    {
        _recorder.OnArrival(request);
        Count(request, arrived: 1);
        Send(request);
    }

    /// <summary>A client sends a request, for the first time or again.</summary>
    private void Send(Request request)
    {
        if (request.Call is { } call)
        {
            call.Attempt = request;
            call.Attempts++;
            _persistence?.Watch(call);
        }

        _predictions?.Predict(request, _simulation.Now);
        _live?.Add(request);
        if (_frontEnd is null)
        {
            Admit(request);
        }
        else
        {
            _frontEnd.Take(request);
        }
    }

    private void Admit(Request request)
    {
        if (request.IsWithdrawn)
        {
            Drop(request);
        }
        else if (ReasonToReject(request) is { } reason)
        {
            request.State = RequestState.Rejected;
            request.Outcome = Outcome.Rejected;
            End(request, Outcome.Rejected, reason);
            Drop(request);
        }
        else if (ReasonToTurnAway(request) is { } refusal)
        {
            TurnAway(request, refusal);
        }
        else
        {
            Place(request);
        }
    }

    /// <summary>Sends a request to the instance that the policy chooses, or has it wait for one to be ready.</summary>
    private void Place(Request request)
    {
        if (_encode?.TryAccept(request) == true)
        {
            return;
        }

        if (!_prefillRouter.HasReady(request))
        {
            Wait(_unplaced, request);
            return;
        }

        request.WaitsSince = null;
        var placement = _prefillRouter.Choose(request, _simulation.Now, _decodeRouter);
        if (placement.Instance is not { } instance)
        {
            TurnAway(request, _prefillRouter.ReasonToReject);
        }
        else if (placement.PrefixSource is { } source)
        {
            _transfers.FetchPrefix(request, source, instance);
        }
        else
        {
            instance.Accept(request);
        }
    }
}
