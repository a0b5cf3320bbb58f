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
        var finish = _simulation.Now + SimTime.FromSeconds(kvBytes / _bytesPerSecond);
        _simulation.Schedule(finish, EventRanks.TransferFinish, _arrive, slot);
    }

    private void Arrive(long argument)
    {
        var slot = (int)argument;
        var request = _slots[slot];
        Invariant.Require(request is not null, $"a transfer ended twice (slot {slot})");
        _slots[slot] = null;
        _freeSlots.Push(slot);
        _onTransferred(request);
    }

    public void RequireEmpty() =>
        Invariant.Require(
            _freeSlots.Count == _slots.Count,
            $"{_slots.Count - _freeSlots.Count} KV transfers never ended"
        );

    public override string ToString() => "KV transfer";
}
