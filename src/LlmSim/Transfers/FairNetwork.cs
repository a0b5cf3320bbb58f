using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Transfers;

/// <summary>
/// A port at each instance with its bandwidth in either direction: a transfer is limited by what its source can send and
/// its destination can take. Concurrent transfers share max-min fairly, anew at every start and end. One alone takes
/// latency + bytes / bandwidth, those of the slower port.
/// </summary>
internal sealed class FairNetwork
{
    private readonly Simulation _simulation;
    private readonly EventTimer _nextEnd;
    private readonly Action<long> _deliver;
    private readonly Dictionary<Instance, (Link Egress, Link Ingress)> _ports = [];
    private readonly List<Flow> _flows = [];
    private readonly List<Flow?> _arriving = [];
    private readonly Stack<int> _freeSlots = new();

    /// <summary>The port of a destination that has not been chosen.</summary>
    private readonly Link _anywhere = new(double.PositiveInfinity);

    private readonly Func<string?, int>? _kvHeads;
    private SimTime _sentUntil;

    /// <summary>A network.</summary>
    /// <param name="simulation">The clock.</param>
    /// <param name="kvHeads">KV heads of a model, by which ranks with ports of their own share it; null where an instance has one port in any case.</param>
    public FairNetwork(Simulation simulation, Func<string?, int>? kvHeads = null)
    {
        _simulation = simulation;
        _kvHeads = kvHeads;
        _nextEnd = simulation.CreateTimer(EventRanks.TransferFinish, EndTransfers);
        _deliver = Deliver;
    }

    /// <summary>Bytes of the transfers that have begun.</summary>
    public long StartedBytes { get; private set; }

    /// <summary>Bytes of the transfers that have arrived.</summary>
    public long DeliveredBytes { get; private set; }

    /// <summary>All KV caches that are under way.</summary>
    public IEnumerable<KvFlow> Flows =>
        _flows.OfType<KvFlow>().Concat(_arriving.OfType<KvFlow>().Where(flow => !flow.IsCancelled));

    /// <summary>Seconds that a transfer takes alone.</summary>
    public static double SecondsAlone(long bytes, InstanceSpec source, InstanceSpec destination) =>
        LatencySeconds(source, destination)
        + (bytes / Math.Min(source.KvLinkBytesPerSecond, destination.KvLinkBytesPerSecond));

    /// <summary>Starts a transfer.</summary>
    /// <param name="request">Whose KV cache it is.</param>
    /// <param name="bytes">How much, above 0.</param>
    /// <param name="source">Where it is.</param>
    /// <param name="destination">Where it goes; null when that is chosen on arrival, and the port of the source alone counts.</param>
    /// <param name="onDelivered">Called when the last byte has arrived.</param>
    /// <param name="supply">What is there of it, when the source is still making it; null when it is all there.</param>
    public KvFlow Start(
        Request request,
        long bytes,
        Instance source,
        Instance? destination,
        Action onDelivered,
        KvSupply? supply = null
    )
    {
        var flow = new KvFlow(request, bytes, source, destination, onDelivered)
        {
            Egress = Port(source).Egress,
            Ingress = destination is null ? _anywhere : Port(destination).Ingress,
            LatencySeconds = LatencySeconds(source.Spec, destination?.Spec ?? source.Spec),
            Shares = destination is not null
                ? RanksOf(request.Model, source.Spec, destination.Spec)
                : RankShares.Whole,
        };
        if (supply is not null)
        {
            flow.IsOpenEnded = true;
            flow.BytesLeft = supply.BytesReady(_simulation.Now);
            flow.SupplyBytesPerSecond = supply.BytesPerSecond;
        }

        Start(flow);
        return flow;
    }

    /// <summary>Starts what has its links already.</summary>
    public void Start(Flow flow)
    {
        Send();
        _flows.Add(flow);
        StartedBytes += flow.Bytes;
        Share();
    }

    /// <summary>Both directions of an instance's port.</summary>
    public (Link Egress, Link Ingress) Port(Instance instance)
    {
        if (!_ports.TryGetValue(instance, out var port))
        {
            var bytesPerSecond = instance.Spec.KvLinkBytesPerSecond;
            port = (new Link(bytesPerSecond), new Link(bytesPerSecond));
            _ports.Add(instance, port);
        }

        return port;
    }

    /// <summary>What the ports at either end carry of the KV of a model.</summary>
    public RankShares RanksOf(string? model, InstanceSpec source, InstanceSpec destination) =>
        _kvHeads is null ? RankShares.Whole : RankShares.Of(_kvHeads(model), source, destination);

    /// <summary>The source has so many bytes more of a transfer, and makes others at this rate from now on.</summary>
    /// <param name="flow">The transfer.</param>
    /// <param name="bytes">How many more.</param>
    /// <param name="bytesPerSecond">The rate.</param>
    /// <param name="isLast">Whether these are the last ones.</param>
    public void Supply(Flow flow, double bytes, double bytesPerSecond, bool isLast)
    {
        Send();
        // The clock has whole nanoseconds: it may have sent some more than there were.
        flow.BytesLeft = Math.Max(0, flow.BytesLeft) + bytes;
        flow.SupplyBytesPerSecond = bytesPerSecond;
        flow.IsOpenEnded = !isLast;
        Share();
    }

    /// <summary>Takes what is under way for a request off the network.</summary>
    /// <returns>What it was; null when there is nothing.</returns>
    public KvFlow? Cancel(Request request)
    {
        Send();
        var flow = (KvFlow?)_flows.Find(sent => sent is KvFlow kv && kv.Request == request);
        if (flow is not null)
        {
            _flows.Remove(flow);
        }
        else if (
            _arriving.Find(arriving => arriving is KvFlow { IsCancelled: false } kv && kv.Request == request)
            is KvFlow late
        )
        {
            late.IsCancelled = true;
            flow = late;
        }

        StartedBytes -= flow?.Bytes ?? 0;
        Share();
        return flow;
    }

    /// <summary>Changes the bandwidth of an instance's port to so many times what it is without faults, above 0.</summary>
    public void Scale(Instance instance, double factor)
    {
        Send();
        var (egress, ingress) = Port(instance);
        egress.Scale(factor);
        ingress.Scale(factor);
        Share();
    }

    /// <summary>States that nothing is under way and no byte was lost, at the end of a run.</summary>
    public void RequireEmpty() =>
        Invariant.Require(
            _flows.Count == 0 && DeliveredBytes == StartedBytes,
            $"{_flows.Count} KV transfers never ended; of {StartedBytes} bytes {DeliveredBytes} arrived"
        );

    public override string ToString() => "KV network";

    private static double LatencySeconds(InstanceSpec source, InstanceSpec destination) =>
        Math.Max(source.KvLinkLatencySeconds, destination.KvLinkLatencySeconds);

    private void Send()
    {
        var seconds = (_simulation.Now - _sentUntil).Seconds;
        _sentUntil = _simulation.Now;
        foreach (var flow in _flows)
        {
            flow.BytesLeft -= (flow.BytesPerSecond - flow.SupplyBytesPerSecond) * seconds;
        }
    }

    /// <summary>The last byte of a transfer has left.</summary>
    private void EndTransfers()
    {
        Send();
        EndFinished();
        Share();
    }

    private void EndFinished()
    {
        var kept = 0;
        for (var i = 0; i < _flows.Count; i++)
        {
            var flow = _flows[i];
            if (flow.IsOpenEnded || flow.HasBytes)
            {
                _flows[kept++] = flow;
                continue;
            }

            Invariant.Require(
                flow.BytesLeft >= -flow.ToleranceBytes,
                $"a KV transfer of {flow.Bytes} bytes sent {-flow.BytesLeft} more"
            );
            _simulation.Schedule(
                After(flow.LatencySeconds, flow),
                EventRanks.TransferFinish,
                _deliver,
                NewSlot(flow)
            );
        }

        _flows.RemoveRange(kept, _flows.Count - kept);
    }

    private int NewSlot(Flow flow)
    {
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _arriving.Count;
            _arriving.Add(null);
        }

        _arriving[slot] = flow;
        return slot;
    }

    /// <summary>The last byte of a transfer has reached the other side.</summary>
    private void Deliver(long argument)
    {
        var slot = (int)argument;
        var flow = _arriving[slot];
        Invariant.Require(flow is not null, $"a KV transfer arrived twice (slot {slot})");
        _arriving[slot] = null;
        _freeSlots.Push(slot);
        if (flow.IsCancelled)
        {
            return;
        }

        DeliveredBytes += flow.Bytes;
        flow.OnDelivered();
    }

    private void Share()
    {
        foreach (var flow in _flows)
        {
            // What has sent all that there is goes on as fast as more of it is made.
            flow.SourceBytesPerSecond = flow.IsStarved ? flow.SupplyBytesPerSecond : double.PositiveInfinity;
        }

        MaxMinFairness.Share(_flows);
        Flow? first = null;
        var seconds = double.PositiveInfinity;
        foreach (var flow in _flows)
        {
            // One that sends no faster than its source makes it has no end.
            var rate = flow.BytesPerSecond - flow.SupplyBytesPerSecond;
            if (rate > 0)
            {
                var left = Math.Max(0, flow.BytesLeft) / rate;
                first = first is null || left < seconds ? flow : first;
                seconds = Math.Min(seconds, left);
            }
        }

        if (first is not null)
        {
            _nextEnd.Set(After(seconds, first));
        }
        else
        {
            _nextEnd.Cancel();
        }
    }

    private SimTime After(double seconds, Flow flow)
    {
        try
        {
            return _simulation.Now + SimTime.FromSeconds(seconds);
        }
        catch (ClockRangeException e)
        {
            throw flow.EndsTooLate(e);
        }
    }
}
