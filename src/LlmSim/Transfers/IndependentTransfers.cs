using LlmSim.Kernel;

namespace LlmSim.Transfers;

/// <summary>Every transfer has the same bandwidth for itself, however many there are: the reference's model.</summary>
internal sealed class IndependentTransfers : IKvTransfer
{
    private readonly double _bytesPerSecond;
    private readonly Simulation _simulation;
    private readonly Action<Request> _onTransferred;
    private readonly Action<long> _arrive;
    private readonly List<Request?> _slots = [];
    private readonly Stack<int> _freeSlots = new();

    /// <summary>Slots whose request has been taken off its way; the events of their ends are still to come.</summary>
    private readonly HashSet<int> _cancelled = [];

    private double _scale = 1;

    public IndependentTransfers(double bytesPerSecond, Simulation simulation, Action<Request> onTransferred)
    {
        _bytesPerSecond = bytesPerSecond;
        _simulation = simulation;
        _onTransferred = onTransferred;
        _arrive = Arrive;
    }

    public void Start(Request request, long kvBytes)
    {
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _slots.Count;
            _slots.Add(null);
        }

        _slots[slot] = request;
        var finish = _simulation.Now + SimTime.FromSeconds(kvBytes / (_scale * _bytesPerSecond));
        _simulation.Schedule(finish, EventRanks.TransferFinish, _arrive, slot);
    }

    private void Arrive(long argument)
    {
        var slot = (int)argument;
        var request = _slots[slot];
        _slots[slot] = null;
        _freeSlots.Push(slot);
        if (request is null)
        {
            var wasCancelled = _cancelled.Remove(slot);
            Invariant.Require(wasCancelled, $"a transfer ended twice (slot {slot})");
            return;
        }

        _onTransferred(request);
    }

    public void Cancel(Request request)
    {
        var slot = _slots.IndexOf(request);
        Invariant.Require(slot >= 0, $"{request} was to be taken off a way on which it is not");
        _slots[slot] = null;
        _cancelled.Add(slot);
    }

    public void Scale(double factor) => _scale = factor;

    public void RequireEmpty() =>
        Invariant.Require(
            _freeSlots.Count == _slots.Count,
            $"{_slots.Count - _freeSlots.Count} KV transfers never ended"
        );

    public override string ToString() => "KV transfer";
}
