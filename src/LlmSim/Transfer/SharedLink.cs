using LlmSim.Engine;

namespace LlmSim.Transfer;

/// <summary>
/// The link by which KV caches leave one prefill instance: its concurrent transfers share the bandwidth equally
/// (processor sharing), and each pays the latency once. A transfer alone takes latency + bytes / bandwidth.
/// </summary>
/// <remarks>
/// With n transfers under way, each is served at bandwidth / n. The link counts the bytes that a transfer present from
/// its beginning would have got; a transfer ends when that count reaches its own start plus its size. Ends are ordered
/// by that figure alone, whatever joins later, so a heap keeps them.
/// </remarks>
internal sealed class SharedLink(
    double bytesPerSecond,
    double latencySeconds,
    Simulation simulation,
    Action<Request> onTransferred
) : IKvTransfer, IEventHandler
{
    private readonly SimTime _latency = SimTime.FromSeconds(latencySeconds);

    /// <summary>By the count of served bytes at which each ends.</summary>
    private readonly RequestHeap _sending = new();

    /// <summary>Transfers whose last byte has left, and when it reaches the other side.</summary>
    private readonly Queue<(Request Request, SimTime At)> _arriving = new();

    private double _servedBytes;
    private SimTime _servedUntil;

    /// <summary>When the last byte of the first transfer leaves, if none joins.</summary>
    private SimTime _firstEnd = SimTime.MaxValue;

    private SimTime _plannedFor = SimTime.MaxValue;
    private long _plan;

    public void Start(Request request, long kvBytes)
    {
        EndTransfersUntil(simulation.Now);
        ServeUntil(simulation.Now);
        _sending.Add(_servedBytes + kvBytes, request);
        FindFirstEnd();
        PlanNextArrival();
    }

    /// <summary>A transfer arrives, or would have, had no other joined it on the link.</summary>
    public void Handle(long argument)
    {
        if (argument != _plan)
        {
            // A later plan is for an earlier time, and has taken its place.
            return;
        }

        _plannedFor = SimTime.MaxValue;
        EndTransfersUntil(simulation.Now);
        var arrived =
            _arriving.TryPeek(out var first) && first.At <= simulation.Now
                ? _arriving.Dequeue().Request
                : null;
        PlanNextArrival();
        if (arrived is not null)
        {
            onTransferred(arrived);
        }
    }

    public void RequireEmpty() =>
        Invariant.Require(
            _sending.Count == 0 && _arriving.Count == 0,
            $"{_sending.Count + _arriving.Count} KV transfers never ended"
        );

    public override string ToString() => "KV link";

    private void EndTransfersUntil(SimTime now)
    {
        while (_sending.Count > 0 && _firstEnd <= now)
        {
            ServeUntil(_firstEnd);
            EndFirst();
            FindFirstEnd();
        }
    }

    private void ServeUntil(SimTime time)
    {
        if (_sending.Count == 0)
        {
            // Nobody counts on the figure any more: starting again at zero keeps it precise.
            _servedBytes = 0;
        }
        else
        {
            _servedBytes += (time - _servedUntil).Seconds * bytesPerSecond / _sending.Count;
        }

        _servedUntil = time;
    }

    private void EndFirst()
    {
        var endBytes = _sending.FirstKey;
        var request = _sending.TakeFirst();
        // The clock is in whole nanoseconds: the count may be off by what the link carries in one.
        Invariant.Require(
            Math.Abs(endBytes - _servedBytes) <= (2e-9 * bytesPerSecond) + (1e-12 * endBytes),
            $"{request} ended its KV transfer {endBytes - _servedBytes} bytes early"
        );
        _arriving.Enqueue((request, _servedUntil + _latency));
    }

    private void FindFirstEnd()
    {
        if (_sending.Count == 0)
        {
            _firstEnd = SimTime.MaxValue;
            return;
        }

        var seconds = Math.Max(0, _sending.FirstKey - _servedBytes) * _sending.Count / bytesPerSecond;
        _firstEnd = _servedUntil + SimTime.FromSeconds(seconds);
    }

    /// <summary>One event at a time is planned. One that comes too early, because a transfer was slowed down, plans again.</summary>
    private void PlanNextArrival()
    {
        if (_arriving.Count == 0 && _sending.Count == 0)
        {
            return;
        }

        var next = _arriving.TryPeek(out var first) ? first.At : _firstEnd + _latency;
        if (next < _plannedFor)
        {
            _plannedFor = next;
            simulation.Schedule(next, EventRanks.TransferFinish, this, ++_plan);
        }
    }
}
