using LlmSim.Kernel;

namespace LlmSim.Transfers;

/// <summary>
/// KV caches on their way to instances that were chosen, and have room, before they leave. A destination without room makes
/// them wait at their source, first come first served: the back-pressure of decode on prefill. A cache can also leave while
/// its prompt is still being computed, layer by layer.
/// </summary>
/// <param name="network">Carries them.</param>
/// <param name="simulation">The clock.</param>
/// <param name="models">The models, whose layers are sent one by one.</param>
/// <param name="onTransferred">A request's KV cache has arrived at that instance.</param>
internal sealed class ReservedTransfers(
    FairNetwork network,
    Simulation simulation,
    ModelsInUse models,
    Action<Request, Instance> onTransferred
)
{
    private readonly Dictionary<Instance, Queue<Order>> _waiting = [];

    /// <summary>Transfers of prompts that are still being computed.</summary>
    private readonly Dictionary<Request, Order> _early = [];

    /// <summary>Sends a KV cache as soon as the destination has room for it.</summary>
    /// <param name="request">Whose it is.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="source">Where it is.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="prefillFinish">
    /// When its prefill ends, now at the earliest. Until then all layers but the last can leave as they are computed.
    /// </param>
    public void Send(
        Request request,
        long bytes,
        Instance source,
        Instance destination,
        SimTime prefillFinish
    )
    {
        var order = new Order(request, bytes, source, destination, prefillFinish);
        if (prefillFinish > simulation.Now)
        {
            _early.Add(request, order);
        }

        if (!_waiting.TryGetValue(destination, out var waiting))
        {
            waiting = new Queue<Order>();
            _waiting.Add(destination, waiting);
        }

        waiting.Enqueue(order);
        OnRoom(destination);
    }

    /// <summary>A prefill has ended: what is left of its KV cache is all there.</summary>
    /// <returns>Whether it had been sent layer by layer.</returns>
    public bool OnPrefilled(Request request)
    {
        if (!_early.Remove(request, out var order))
        {
            return false;
        }

        if (order.Flow is { } flow)
        {
            network.LiftLimit(flow);
        }

        return true;
    }

    /// <summary>Takes a KV cache off its way.</summary>
    /// <returns>Where it was going, and whether memory is held for it there; null when it is not on its way.</returns>
    public (Instance Destination, bool IsReserved)? Cancel(Request request)
    {
        _early.Remove(request);
        if (network.Cancel(request) is { Destination: { } destination })
        {
            return (destination, true);
        }

        foreach (var (waitedFor, waiting) in _waiting)
        {
            if (waiting.TryTake(order => order.Request == request, out _))
            {
                OnRoom(waitedFor);
                return (waitedFor, false);
            }
        }

        return null;
    }

    /// <summary>Requests whose KV cache goes, or waits to go, to an instance.</summary>
    public IEnumerable<Request> To(Instance destination) =>
        network
            .Flows.Where(flow => flow.Destination == destination)
            .Select(flow => flow.Request)
            .Concat(_waiting.GetValueOrDefault(destination)?.Select(order => order.Request) ?? []);

    /// <summary>There may be room at that instance.</summary>
    public void OnRoom(Instance destination)
    {
        if (!_waiting.TryGetValue(destination, out var waiting))
        {
            return;
        }

        while (waiting.TryPeek(out var order) && destination.TryReserve(order.Request))
        {
            waiting.Dequeue();
            Start(order);
        }
    }

    /// <summary>States that nothing is under way, at the end of a run.</summary>
    public void RequireEmpty()
    {
        foreach (var (destination, waiting) in _waiting)
        {
            Invariant.Require(
                waiting.Count == 0,
                $"{waiting.Count} KV transfers never found room at {destination}"
            );
        }
    }

    private void Start(Order order)
    {
        var rate = double.PositiveInfinity;
        if (order.PrefillFinish > simulation.Now)
        {
            var layers = models[order.Request.Model].Served.Model.Layers;
            var bytesBeforeEnd = order.Bytes * (layers - 1.0) / layers;
            rate = bytesBeforeEnd / (order.PrefillFinish - simulation.Now).Seconds;
        }

        order.Flow = network.Start(
            order.Request,
            order.Bytes,
            order.Source,
            order.Destination,
            rate,
            () => onTransferred(order.Request, order.Destination)
        );
    }

    private sealed class Order(
        Request request,
        long bytes,
        Instance source,
        Instance destination,
        SimTime prefillFinish
    )
    {
        public Request Request { get; } = request;
        public long Bytes { get; } = bytes;
        public Instance Source { get; } = source;
        public Instance Destination { get; } = destination;
        public SimTime PrefillFinish { get; } = prefillFinish;
        public Flow? Flow { get; set; }
    }
}
