using LlmSim.Engine;

namespace LlmSim.Transfer;

/// <summary>Every transfer has the same bandwidth for itself, however many there are: the reference's model.</summary>
internal sealed class IndependentTransfers(
    double bytesPerSecond,
    Simulation simulation,
    Action<Request> onTransferred
) : IKvTransfer, IEventHandler
{
    private readonly List<Request?> _slots = [];
    private readonly Stack<int> _freeSlots = new();

    public void Start(Request request, long kvBytes)
    {
        if (!_freeSlots.TryPop(out var slot))
        {
            slot = _slots.Count;
            _slots.Add(null);
        }

        _slots[slot] = request;
        var finish = simulation.Now + SimTime.FromSeconds(kvBytes / bytesPerSecond);
        simulation.Schedule(finish, EventRanks.TransferFinish, this, slot);
    }

    public void Handle(long argument)
    {
        var slot = (int)argument;
        var request = _slots[slot];
        Invariant.Require(request is not null, $"a transfer ended twice (slot {slot})");
        _slots[slot] = null;
        _freeSlots.Push(slot);
        onTransferred(request);
    }

    public void RequireEmpty() =>
        Invariant.Require(
            _freeSlots.Count == _slots.Count,
            $"{_slots.Count - _freeSlots.Count} KV transfers never ended"
        );

    public override string ToString() => "KV transfer";
}
