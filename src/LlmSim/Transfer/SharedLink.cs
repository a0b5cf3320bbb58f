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
internal sealed class SharedLink : IKvTransfer
{
    private readonly double _bytesPerSecond;
    private readonly SimTime _latency;
    private readonly Simulation _simulation;
    private readonly EventTimer _nextArrival;
    private readonly Action<Request> _onTransferred;

    /// <summary>By the count of served bytes at which each ends.</summary>
    private readonly RequestHeap _sending = new();

    /// <summary>Transfers whose last byte has left, and when it reaches the other side.</summary>
    private readonly Queue<(Request Request, SimTime At)> _arriving = new();

    private double _servedBytes;
    private SimTime _servedUntil;

    /// <summary>When the last byte of the first transfer leaves, if none joins.</summary>
    private SimTime _firstEnd = SimTime.MaxValue;

    public SharedLink(
        double bytesPerSecond,
        double latencySeconds,
        Simulation simulation,
        Action<Request> onTransferred
    )
    {
        _bytesPerSecond = bytesPerSecond;
        _latency = SimTime.FromSeconds(latencySeconds);
        _simulation = simulation;
        _nextArrival = simulation.CreateTimer(EventRanks.TransferFinish, Arrive);
        _onTransferred = onTransferred;
    }

    public void Start(Request request, long kvBytes)
    {
        EndTransfersUntil(_simulation.Now);
        ServeUntil(_simulation.Now);
        _sending.Add(_servedBytes + kvBytes, request);
        FindFirstEnd();
        PlanNextArrival();
    }

    /// <summary>The last byte of a transfer reaches the other side.</summary>
    private void Arrive()
    {
        EndTransfersUntil(_simulation.Now);
        var (arrived, _) = _arriving.Dequeue();
        PlanNextArrival();
        _onTransferred(arrived);
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
            _servedBytes += (time - _servedUntil).Seconds * _bytesPerSecond / _sending.Count;
        }

        _servedUntil = time;
    }

    private void EndFirst()
    {
        var endBytes = _sending.FirstKey;
        var request = _sending.TakeFirst();
        // The clock is in whole nanoseconds: the count may be off by what the link carries in one.
        Invariant.Require(
            Math.Abs(endBytes - _servedBytes) <= (2e-9 * _bytesPerSecond) + (1e-12 * endBytes),
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

        var seconds = Math.Max(0, _sending.FirstKey - _servedBytes) * _sending.Count / _bytesPerSecond;
        _firstEnd = _servedUntil + SimTime.FromSeconds(seconds);
    }

    /// <summary>Those that have left go first; a transfer that joins the link makes the others later.</summary>
    private void PlanNextArrival()
    {
        if (_arriving.TryPeek(out var first))
        {
            _nextArrival.Set(first.At);
        }
        else if (_sending.Count > 0)
        {
            _nextArrival.Set(_firstEnd + _latency);
        }
    }
}
