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
    private const long Delivery = -1;

    private readonly SimTime _latency = SimTime.FromSeconds(latencySeconds);
    private readonly PriorityQueue<Request, (double EndBytes, long Ticket)> _sending = new();
    private readonly Queue<Request> _arriving = new();
    private long _nextTicket;
    private long _plan;
    private double _servedBytes;
    private SimTime _servedUntil;

    public void Start(Request request, long kvBytes)
    {
        Serve();
        _sending.Enqueue(request, (_servedBytes + kvBytes, _nextTicket++));
        PlanNextEnd();
    }

    /// <summary>The last byte of a transfer has left, or reached the other side.</summary>
    public void Handle(long argument)
    {
        if (argument == Delivery)
        {
            onTransferred(_arriving.Dequeue());
        }
        else if (argument == _plan)
        {
            Serve();
            EndFirst();
            PlanNextEnd();
        }
    }

    public void RequireEmpty() =>
        Invariant.Require(
            _sending.Count == 0 && _arriving.Count == 0,
            $"{_sending.Count + _arriving.Count} KV transfers never ended"
        );

    public override string ToString() => "KV link";

    private void Serve()
    {
        if (_sending.Count == 0)
        {
            // Nobody counts on the figure any more: starting again at zero keeps it precise.
            _servedBytes = 0;
        }
        else
        {
            _servedBytes += (simulation.Now - _servedUntil).Seconds * bytesPerSecond / _sending.Count;
        }

        _servedUntil = simulation.Now;
    }

    private void EndFirst()
    {
        _sending.TryDequeue(out var request, out var end);
        Invariant.Require(request is not null, $"a KV transfer ended that never began");
        // The clock is in whole nanoseconds: the count may be off by what the link carries in one.
        Invariant.Require(
            Math.Abs(end.EndBytes - _servedBytes) <= (2e-9 * bytesPerSecond) + (1e-12 * end.EndBytes),
            $"{request} ended its KV transfer {end.EndBytes - _servedBytes} bytes early"
        );
        _arriving.Enqueue(request);
        simulation.Schedule(simulation.Now + _latency, EventRanks.TransferFinish, this, Delivery);
    }

    private void PlanNextEnd()
    {
        // An earlier plan that is still queued no longer matches and is ignored when its time comes.
        _plan++;
        if (_sending.TryPeek(out _, out var first))
        {
            var seconds = Math.Max(0, first.EndBytes - _servedBytes) * _sending.Count / bytesPerSecond;
            simulation.Schedule(
                simulation.Now + SimTime.FromSeconds(seconds),
                EventRanks.TransferFinish,
                this,
                _plan
            );
        }
    }
}
