using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Transfers;

/// <summary>
/// How KV caches get from one instance to another, by <see cref="KvTransfer" />: the decode instance is chosen when they have
/// arrived, or before they leave. Prefixes that are fetched for another prefill go over the links of both ends, and share them with
/// all that leaves by them.
/// </summary>
internal sealed partial class KvTransfers
{
    private readonly KvTransfer _kind;
    private readonly Simulation _simulation;
    private readonly ModelsInUse _models;
    private readonly Func<Request, Instance?> _chooseDecode;
    private readonly Func<Request, bool> _mayDecode;
    private readonly Action<Request, Instance> _onTransferred;

    /// <summary>The links by which they leave each prefill instance; empty when they go over the network.</summary>
    private readonly IKvTransfer[] _links = [];

    private readonly ReservedTransfers? _reserved;

    public KvTransfers(
        KvTransfer kind,
        bool fetchesPrefixes,
        IEnumerable<InstanceSpec> sources,
        Simulation simulation,
        ModelsInUse models,
        Func<Request, Instance?> chooseDecode,
        Func<Request, bool> mayDecode,
        Action<Request, Instance> onTransferred
    )
    {
        _kind = kind;
        _simulation = simulation;
        _models = models;
        _chooseDecode = chooseDecode;
        _mayDecode = mayDecode;
        _onTransferred = onTransferred;
        Network = new FairNetwork(simulation, _kind >= KvTransfer.ContendedLinks ? KvHeads : null);
        if (_kind >= KvTransfer.ContendedLinks)
        {
            _reserved = new ReservedTransfers(
                Network,
                simulation,
                onTransferred,
                _kind == KvTransfer.ContendedLinksPull ? FoundBytes : null
            );
            return;
        }

        if (_kind == KvTransfer.SharedLink && fetchesPrefixes)
        {
            // A link by itself is the closed form of a network in which nothing else leaves by it.
            return;
        }

        _links =
        [
            .. sources.Select(
                (spec, index) =>
                    _kind == KvTransfer.SharedLink
                        ? new SharedLink($"prefill instance {index}", spec, simulation, OnArrived)
                        : (IKvTransfer)
                            new IndependentTransfers(
                                Semantics.ReferenceTransferBytesPerSecond,
                                simulation,
                                OnArrived
                            )
            ),
        ];
    }

    /// <summary>The links of both ends.</summary>
    public FairNetwork Network { get; }

    /// <summary>Whether memory is held for a KV cache before it is sent.</summary>
    public bool Reserves => _reserved is not null;

    /// <summary>Bytes of the prefixes that were fetched.</summary>
    public long FetchedBytes { get; private set; }

    /// <summary>Sends the KV cache of a request whose prefill has ended.</summary>
    public void Send(Request request, Instance source)
    {
        if (_reserved is null)
        {
            StartOnLink(request, source);
        }
        else if (!_reserved.OnPrefilled(request))
        {
            Reserve(request, source);
        }
    }

    /// <summary>A request that no instance was ready to decode is to go on.</summary>
    public void Resume(Request request, Instance source)
    {
        if (_reserved is null)
        {
            OnArrived(request);
        }
        else
        {
            Reserve(request, source);
        }
    }

    /// <summary>
    /// Copies the start of a prompt from one cache to another, as far as it is new and of use there; then the request joins the queue.
    /// </summary>
    public void FetchPrefix(Request request, Instance source, Instance destination)
    {
        var tokens = destination.FetchableTokens(source.CachedPrefixTokens(request));
        var missingTokens = tokens - destination.CachedPrefixTokens(request);
        if (missingTokens <= 0)
        {
            destination.Accept(request);
            return;
        }

        destination.Expect(request, tokens);
        FetchedBytes += KvBytes(request, missingTokens);
        Network.Start(
            request,
            KvBytes(request, missingTokens),
            source,
            destination,
            () =>
            {
                destination.InsertPrefix(request, tokens);
                destination.Accept(request);
            }
        );
    }

    /// <summary>
    /// Takes the KV cache of a request off its way, and gives back what its destination held for it. It stays where it was computed.
    /// </summary>
    public void Cancel(Request request)
    {
        if (_reserved is not null)
        {
            _reserved.Cancel(request);
        }
        else if (_links.Length > 0)
        {
            _links[request.PrefillInstance].Cancel(request);
        }
        else
        {
            Network.Cancel(request);
        }
    }

    /// <summary>The prefix of a request that is to be prefilled does not come; it waits for none any more.</summary>
    /// <returns>Where it was to be prefilled; null when none was on its way.</returns>
    public Instance? CancelFetch(Request request)
    {
        var destination = Network.Cancel(request)?.Destination;
        destination?.Unexpect(request);
        return destination;
    }

    /// <summary>The prefix that is being fetched for a request that is to be prefilled; null for none.</summary>
    public KvFlow? Fetching(Request request) => Network.Flows.FirstOrDefault(flow => flow.Request == request);

    /// <summary>Requests whose KV cache goes, or waits to go, to an instance that was chosen before it left.</summary>
    public IEnumerable<Request> To(Instance destination) => _reserved?.To(destination) ?? [];

    /// <summary>Changes the bandwidth of an instance's link to so many times what it is without faults, above 0.</summary>
    public void Scale(Instance instance, bool isPrefill, double factor)
    {
        Network.Scale(instance, factor);
        if (isPrefill && _links.Length > 0)
        {
            _links[instance.Index].Scale(factor);
        }
    }

    /// <summary>What an instance held for a KV cache is lost with the instance.</summary>
    public void LoseReservation(Request request)
    {
        if (_reserved is null)
        {
            request.Sequence = null;
        }
        else
        {
            _reserved.LoseReservation(request);
        }
    }

    /// <summary>There may be room at that instance for a KV cache that waits for it.</summary>
    public void OnRoom(Instance instance) => _reserved?.OnRoom(instance);

    /// <summary>States that nothing is under way, at the end of a run.</summary>
    public void RequireEmpty()
    {
        foreach (var link in _links)
        {
            link.RequireEmpty();
        }

        _reserved?.RequireEmpty();
        Network.RequireEmpty();
    }

    /// <summary>Bytes of the KV cache of so many tokens of a request.</summary>
    public long KvBytes(Request request, int tokens)
    {
        var footprint = _models[request.Model].KvFootprint;
        return (tokens * footprint.BytesPerToken) + footprint.BesideBytes(tokens);
    }

    /// <summary>KV heads by which ranks share a KV cache: latent attention has one for all.</summary>
    private int KvHeads(string? name)
    {
        var model = _models[name].Served.Model;
        return model.LatentAttention is null ? model.KvHeads : 1;
    }

    /// <summary>Bytes of a KV cache that its destination, which has reserved memory for it, has found in its own.</summary>
    private long FoundBytes(Request request, Instance destination) =>
        destination.ReservedHitTokens(request) * _models[request.Model].KvFootprint.BytesPerToken;

    private void StartOnLink(Request request, Instance source)
    {
        if (_links.Length == 0)
        {
            StartOnNetwork(request, source);
            return;
        }

        try
        {
            _links[request.PrefillInstance].Start(request, KvBytes(request, request.InputTokens));
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, "the transfer of its KV cache", e);
        }
    }

    /// <summary>Apart, because a method with a lambda allocates what that holds at its start, whichever way it goes.</summary>
    private void StartOnNetwork(Request request, Instance source) =>
        Network.Start(
            request,
            KvBytes(request, request.InputTokens),
            source,
            destination: null,
            () => OnArrived(request)
        );

    private void OnArrived(Request request)
    {
        if (_chooseDecode(request) is { } destination)
        {
            _onTransferred(request, destination);
        }
    }

    private void Reserve(Request request, Instance source)
    {
        if (_chooseDecode(request) is { } destination)
        {
            _reserved!.Send(request, KvBytes(request, request.InputTokens), source, destination);
        }
    }
}
