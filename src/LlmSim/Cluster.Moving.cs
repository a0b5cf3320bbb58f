using LlmSim.Transfers;

namespace LlmSim;

/// <content>Requests that go on elsewhere, because their instance drains.</content>
internal sealed partial class Cluster : IRequestMover
{
    private readonly Migrations _migrations;

    public void MoveOut(Instance instance) => instance.MoveOut(this);

    bool IRequestMover.TryMove(Request request, Instance from) => TryMove(request, from);

    void IRequestMover.Reroute(Request request)
    {
        request.StartOver(keptTokens: 0);
        Place(request);
    }

    /// <summary>The KV cache of a request that decodes goes to the instance that decode_global chooses of those with room; false where none has.</summary>
    private bool TryMove(Request request, Instance from)
    {
        // A context that an eviction has made a prompt again means nothing to another kind of instance.
        if (request.IsWithdrawn || request.EvictedTokens > 0)
        {
            return false;
        }

        var destination = _decodeRouter.ChooseAmong(
            request,
            _simulation.Now,
            instance => !from.FailingTogether.Contains(instance) && _migrations.HasRoom(request, instance)
        );
        if (destination is null || !_migrations.TryStart(request, from, destination))
        {
            return false;
        }

        // Its decode instance is the one that holds its KV cache, until that has arrived.
        request.State = RequestState.DecodeGlobal;
        request.Migrations++;
        return true;
    }

    private void OnMoved(Request request, Instance destination)
    {
        Holder(request).Release(request);
        destination.Accept(request);
        _fleet!.OnLeft();
    }

    /// <summary>Where the KV cache of a request is that is being sent, or is to be.</summary>
    private Instance Holder(Request request) =>
        request.DecodeInstance < 0 ? PrefillSide(request) : DecodeSide(request);

    /// <summary>Takes the KV cache of a request off its way.</summary>
    private void CancelTransfer(Request request)
    {
        if (!_migrations.Cancel(request))
        {
            _transfers.Cancel(request);
        }
    }

    private IEnumerable<Request> GoingTo(Instance instance) =>
        _transfers.To(instance).Union(_migrations.To(instance));
}
