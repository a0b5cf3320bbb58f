using LlmSim.Kernel;

namespace LlmSim.Transfers;

/// <summary>
/// KV caches on their way to instances that were chosen, and have room, before they leave. A destination without room makes
/// them wait at their source, first come first served: the back-pressure of decode on prefill. A cache can also leave while
/// its prompt is still being computed, part by part or layer by layer.
/// </summary>
/// <param name="network">Carries them.</param>
/// <param name="simulation">The clock.</param>
/// <param name="onTransferred">A request's KV cache has arrived at that instance.</param>
/// <param name="foundBytes">
/// Bytes that a destination has found in its own cache, where destinations fetch KV caches between their iterations; null where KV caches are sent whole, at once.
/// </param>
internal sealed class ReservedTransfers(
    FairNetwork network,
    Simulation simulation,
    Action<Request, Instance> onTransferred,
    Func<Request, Instance, long>? foundBytes
)
{
    private readonly Dictionary<Instance, Queue<Order>> _waiting = [];

    /// <summary>Transfers of prompts that are still being computed.</summary>
    private readonly Dictionary<Request, Order> _early = [];

    /// <summary>Parts of prompts whose first layer is being computed, by a number.</summary>
    private readonly Dictionary<long, (Order Order, ComputedPart Part)> _firstLayers = [];

    private Action<long>? _onFirstLayer;
    private long _parts;

    /// <summary>Sends a KV cache as soon as the destination has room for it.</summary>
    /// <param name="request">Whose it is.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="source">Where it is.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="supply">What is there of it while its prompt is being computed; null when it is all there.</param>
    public void Send(
        Request request,
        long bytes,
        Instance source,
        Instance destination,
        KvSupply? supply = null
    )
    {
        var order = new Order(request, bytes, source, destination) { Supply = supply };
        if (supply is not null)
        {
            _early.Add(request, order);
        }

        if (!_waiting.TryGetValue(destination, out var waiting))
        {
            waiting = new Queue<Order>();
            _waiting.Add(destination, waiting);
        }

        waiting.Enqueue(order);
        LookAt(destination);
    }

    /// <summary>What is there of a KV cache whose prompt is still being computed; null when it does not leave before its end.</summary>
    public KvSupply? Supply(Request request) => _early.GetValueOrDefault(request)?.Supply;

    /// <summary>A part of a prompt is being computed, layer by layer.</summary>
    public void Begin(Request request, ComputedPart part)
    {
        var order = _early[request];
        order.Supply!.Begin(part);
        if (part.FirstLayer >= part.End)
        {
            return;
        }

        _firstLayers.Add(_parts, (order, part));
        simulation.Schedule(
            part.FirstLayer,
            EventRanks.TransferFinish,
            _onFirstLayer ??= OnFirstLayer,
            _parts++
        );
    }

    /// <summary>So many tokens of a prompt have been computed, and others are to follow.</summary>
    public void OnComputed(Request request, int tokens, long bytes) =>
        End(_early[request], tokens, bytes, isLast: false);

    /// <summary>A prefill has ended: what is left of its KV cache is all there.</summary>
    /// <returns>Whether it had begun to leave before.</returns>
    public bool OnPrefilled(Request request)
    {
        if (!_early.Remove(request, out var order))
        {
            return false;
        }

        End(order, int.MaxValue, order.Bytes, isLast: true);
        order.Supply = null;
        request.Sequence = order.Reserved ?? request.Sequence;
        return true;
    }

    /// <summary>Takes a KV cache off its way, and gives back what its destination held for it.</summary>
    public void Cancel(Request request)
    {
        _early.Remove(request, out var early);
        if (network.Cancel(request) is { Destination: { } destination })
        {
            GiveBack(request, destination, early);
            return;
        }

        foreach (var (waitedFor, waiting) in _waiting)
        {
            if (waiting.TryTake(order => order.Request == request, out _))
            {
                LookAt(waitedFor);
                return;
            }
        }
    }

    /// <summary>What an instance held for a KV cache is lost with the instance.</summary>
    public void LoseReservation(Request request)
    {
        if (_early.TryGetValue(request, out var order))
        {
            order.Reserved = null;
        }
        else
        {
            request.Sequence = null;
        }
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

        while (
            (foundBytes is null || destination.HasPlace)
            && waiting.TryPeek(out var order)
            && TryReserve(order)
        )
        {
            waiting.Dequeue();
            order.Flow = network.Start(
                order.Request,
                order.Bytes - (foundBytes?.Invoke(order.Request, destination) ?? 0),
                order.Source,
                order.Destination,
                () => onTransferred(order.Request, order.Destination),
                order.Supply
            );
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

        Invariant.Require(
            _early.Count == 0,
            $"{_early.Count} KV transfers began for prompts that never ended"
        );
    }

    /// <summary>One waits for an instance, or has gone: the next may have room now, or when its destination looks.</summary>
    private void LookAt(Instance destination)
    {
        if (foundBytes is null || !destination.TryAnnounce())
        {
            OnRoom(destination);
        }
    }

    /// <summary>Holds memory at the destination; what a request is where its prompt is still being computed stays as it is.</summary>
    private static bool TryReserve(Order order)
    {
        var (request, own) = (order.Request, order.Request.Sequence);
        var isReserved = order.Destination.TryReserve(request);
        if (order.Supply is not null)
        {
            order.Reserved = request.Sequence == own ? null : request.Sequence;
            request.Sequence = own;
        }

        return isReserved;
    }

    private static void GiveBack(Request request, Instance destination, Order? early)
    {
        if (early is null)
        {
            destination.CancelReservation(request);
            return;
        }

        var own = request.Sequence;
        request.Sequence = early.Reserved;
        destination.CancelReservation(request);
        (request.Sequence, early.Supply) = (own, null);
    }

    private void OnFirstLayer(long number)
    {
        _firstLayers.Remove(number, out var first);
        if (first.Order.Supply is { } supply && supply.Flow(first.Part, simulation.Now))
        {
            Supply(first.Order, bytes: 0, isLast: false);
        }
    }

    private void End(Order order, int tokens, long bytes, bool isLast) =>
        Supply(order, order.Supply!.End(tokens, bytes, simulation.Now), isLast);

    private void Supply(Order order, double bytes, bool isLast)
    {
        if (order.Flow is { } flow)
        {
            network.Supply(flow, bytes, order.Supply!.BytesPerSecond, isLast);
        }
    }

    private sealed class Order(Request request, long bytes, Instance source, Instance destination)
    {
        public Request Request { get; } = request;
        public long Bytes { get; } = bytes;
        public Instance Source { get; } = source;
        public Instance Destination { get; } = destination;

        /// <summary>What is there of it while its prompt is being computed.</summary>
        public KvSupply? Supply { get; set; }

        /// <summary>What the request will be at the destination, while its prompt is still being computed.</summary>
        public SequenceState? Reserved { get; set; }

        public Flow? Flow { get; set; }
    }
}
