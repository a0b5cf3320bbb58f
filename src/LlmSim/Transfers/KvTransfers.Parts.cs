namespace LlmSim.Transfers;

/// <content>KV caches that leave while their prompts are being computed.</content>
internal sealed partial class KvTransfers
{
    /// <summary>Whether KV caches leave while their prompts are being computed.</summary>
    public static bool SendsParts(KvTransfer kind) =>
        kind is KvTransfer.ContendedLinksPerLayer or KvTransfer.ContendedLinksPerChunk;

    /// <summary>A part of a prompt is being computed: its layers leave one by one, when transfers do so.</summary>
    public void OnPartPlanned(Request request, Instance source, in PlannedPart part)
    {
        if (_kind != KvTransfer.ContendedLinksPerLayer || !LeavesEarly(request, source, part.From))
        {
            return;
        }

        var to = part.From + part.Tokens;
        var bytes = BytesOfPart(request, to) - _reserved!.Supply(request)!.Planned;
        var layers = _models[request.Model].Served.Model.Layers;
        _reserved.Begin(request, new ComputedPart(to, bytes, layers, _simulation.Now, part.End));
    }

    /// <summary>So many tokens of a prompt have been computed, and others are to follow: their KV cache leaves.</summary>
    public void OnPartComputed(Request request, Instance source, int tokens)
    {
        if (LeavesEarly(request, source, tokens))
        {
            _reserved!.OnComputed(request, tokens, BytesOfPart(request, tokens));
        }
    }

    /// <summary>Takes a KV cache off its way that leaves while its prompt is being computed, if it does.</summary>
    public void CancelEarly(Request request)
    {
        if (SendsParts(_kind))
        {
            Cancel(request);
        }
    }

    /// <summary>Whether the KV cache of a prompt leaves before all of it has been computed; if it has not begun to, it does with so many tokens.</summary>
    private bool LeavesEarly(Request request, Instance source, int tokens)
    {
        if (request.DecodeTokensOwed == 0)
        {
            return false;
        }

        if (_reserved!.Supply(request) is not null)
        {
            return true;
        }

        if (!_mayDecode(request) || _chooseDecode(request) is not { } destination)
        {
            return false;
        }

        _reserved.Send(
            request,
            KvBytes(request, request.InputTokens),
            source,
            destination,
            new KvSupply(BytesOfPart(request, tokens), _simulation.Now)
        );
        return true;
    }

    /// <summary>Bytes of the first tokens of a prompt. What a request has beside its tokens is final with the last one, and leaves with that.</summary>
    private long BytesOfPart(Request request, int tokens) =>
        tokens == request.InputTokens
            ? KvBytes(request, tokens)
            : tokens * _models[request.Model].KvFootprint.BytesPerToken;
}
