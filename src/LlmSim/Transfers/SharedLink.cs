using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Transfers;

/// <summary>
/// The link by which KV caches leave one prefill instance: its concurrent transfers share the bandwidth equally
/// (processor sharing), and each pays the latency once. A transfer alone takes latency + bytes / bandwidth.
/// </summary>
/// <remarks>
/// Work is counted in nanoseconds of the whole link. With n transfers under way, each gets a nanosecond of it in n: the link counts
/// what a transfer present from its beginning would have got, and a transfer ends when that count reaches its own start plus its
/// size. Ends are ordered by that figure alone, whatever joins later.
/// </remarks>
internal sealed class SharedLink : IKvTransfer
{
    private readonly string _source;
    private readonly InstanceSpec _spec;
    private readonly double _bytesPerNanosecond;
    private readonly SimTime _latency;
    private readonly Simulation _simulation;
    private readonly EventTimer _nextArrival;
    private readonly Action<Request> _onTransferred;
    private readonly SlotTable<Sending> _sending = new();

    /// <summary>By slot, the count at which each ends, as bits: those of non-negative doubles sort like the numbers.</summary>
    private readonly SlotTournament _ends = new();

    /// <summary>Transfers whose last byte has left, and when it reaches the other side.</summary>
    private readonly Queue<(Request Request, SimTime At)> _arriving = new();

    private ulong _nextTicket;
    private double _served;

    /// <summary>Bandwidth as a share of what it is without faults.</summary>
    private double _scale = 1;

    private SimTime _servedUntil;

    /// <summary>When the last byte of the first transfer leaves, if none joins.</summary>
    private SimTime _firstEnd = SimTime.MaxValue;

    /// <summary>The link of an instance.</summary>
    /// <param name="source">The instance, for messages.</param>
    /// <param name="spec">Its figures.</param>
    /// <param name="simulation">The clock.</param>
    /// <param name="onTransferred">A KV cache has arrived.</param>
    public SharedLink(string source, InstanceSpec spec, Simulation simulation, Action<Request> onTransferred)
    {
        _source = source;
        _spec = spec;
        _bytesPerNanosecond = spec.KvLinkBytesPerSecond / 1e9;
        _latency = SimTime.FromSeconds(spec.KvLinkLatencySeconds);
        _simulation = simulation;
        _nextArrival = simulation.CreateTimer(EventRanks.TransferFinish, Arrive);
        _onTransferred = onTransferred;
    }

    public void Start(Request request, long kvBytes)
    {
        EndTransfersUntil(_simulation.Now);
        ServeUntil(_simulation.Now);
        var end = _served + (kvBytes / _bytesPerNanosecond);
        request.BatchSlot = _sending.Add(new Sending(request, end));
        _ends.Set(request.BatchSlot, BitConverter.DoubleToInt64Bits(end), _nextTicket++);
        FindFirstEnd();
        PlanNextArrival();
    }

    public void Cancel(Request request)
    {
        EndTransfersUntil(_simulation.Now);
        ServeUntil(_simulation.Now);
        if (!_arriving.TryTake(arriving => arriving.Request == request, out _))
        {
            Invariant.Require(
                _sending[request.BatchSlot].Request == request,
                $"{request} was to be taken off a link on which it is not"
            );
            _ends.Remove(request.BatchSlot);
            _sending.Remove(request.BatchSlot);
        }

        FindFirstEnd();
        PlanNextArrival();
    }

    public void Scale(double factor)
    {
        EndTransfersUntil(_simulation.Now);
        ServeUntil(_simulation.Now);
        _scale = factor;
        FindFirstEnd();
        PlanNextArrival();
    }

    public void RequireEmpty() =>
        Invariant.Require(
            _sending.Count == 0 && _arriving.Count == 0,
            $"{_sending.Count + _arriving.Count} KV transfers never ended"
        );

    public override string ToString() => "KV link";

    /// <summary>The last byte of a transfer reaches the other side.</summary>
    private void Arrive()
    {
        EndTransfersUntil(_simulation.Now);
        var (arrived, _) = _arriving.Dequeue();
        PlanNextArrival();
        _onTransferred(arrived);
    }

    private void EndTransfersUntil(SimTime now)
    {
        while (_firstEnd <= now)
        {
            ServeUntil(_firstEnd);
            EndFirst();
            FindFirstEnd();
        }
    }

    private void ServeUntil(SimTime time)
    {
        // An idle link restarts the count at zero, which keeps it precise.
        _served =
            _sending.Count == 0 ? 0 : _served + (_scale * (time - _servedUntil).Nanoseconds / _sending.Count);
        _servedUntil = time;
    }

    private void EndFirst()
    {
        var slot = _ends.First;
        var (request, end) = _sending[slot];
        _ends.Remove(slot);
        _sending.Remove(slot);
        // The clock is in whole nanoseconds, in each of which a faster link serves more.
        Invariant.Require(
            Math.Abs(end - _served) <= (2 * Math.Max(1, _scale)) + (1e-12 * end),
            $"{request} ended its KV transfer {end - _served} ns of the link early"
        );
        _arriving.Enqueue((request, Arrival(_servedUntil, request)));
    }

    private void FindFirstEnd()
    {
        if (_sending.Count == 0)
        {
            _firstEnd = SimTime.MaxValue;
            return;
        }

        var (request, end) = _sending[_ends.First];
        try
        {
            _firstEnd =
                _servedUntil + SimTime.FromNanoseconds(Math.Max(0, end - _served) * _sending.Count / _scale);
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, _source, _spec, e);
        }
    }

    /// <summary>When the destination has received a KV cache whose last byte leaves at the given time.</summary>
    private SimTime Arrival(SimTime end, Request request)
    {
        try
        {
            return end + _latency;
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, _source, _spec, e);
        }
    }

    /// <summary>Transfers whose last byte has left come first: a transfer that joins the link cannot delay them.</summary>
    private void PlanNextArrival()
    {
        if (_arriving.TryPeek(out var first))
        {
            _nextArrival.Set(first.At);
        }
        else if (_sending.Count > 0)
        {
            _nextArrival.Set(Arrival(_firstEnd, _sending[_ends.First].Request));
        }
        else
        {
            _nextArrival.Cancel();
        }
    }

    private readonly record struct Sending(Request Request, double End);
}
