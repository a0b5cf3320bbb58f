using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance;

namespace LlmSim.Transfers;

/// <summary>The links of a store, which all reads, or all writes, of the instances have in common.</summary>
/// <param name="Spec">What it is.</param>
/// <param name="Read">What it can give.</param>
/// <param name="Write">What it can take.</param>
internal sealed record StoreLinks(KvTierSpec Spec, Link Read, Link Write)
{
    /// <summary>Links of a store.</summary>
    public static StoreLinks Of(KvTierSpec spec) =>
        new(spec, new(spec.BytesPerSecond), new(spec.WriteBytesPerSecond ?? spec.BytesPerSecond));
}

/// <summary>
/// The way between a store and an instance over the port of the instance, where KV caches on their way to other instances go too. What is written at one instant goes
/// together; what comes to be written before that has arrived goes together behind it.
/// </summary>
internal sealed class TierLink : ITierLink
{
    private readonly FairNetwork _network;
    private readonly StoreLinks _store;
    private readonly long _blockBytes;
    private readonly Instance _instance;
    private readonly Simulation _simulation;
    private readonly EventTimer _nextWrite;
    private List<TierBlock> _toWrite = [];
    private List<TierBlock> _leaving = [];

    /// <summary>The way between a store and an instance.</summary>
    /// <param name="network">The ports of the instances.</param>
    /// <param name="store">The store.</param>
    /// <param name="blockBytes">Bytes of a block.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="simulation">The clock.</param>
    public TierLink(
        FairNetwork network,
        StoreLinks store,
        long blockBytes,
        Instance instance,
        Simulation simulation
    )
    {
        (_network, _store, _blockBytes) = (network, store, blockBytes);
        (_instance, _simulation) = (instance, simulation);
        // After all that happens at an instant, so that what it writes goes together.
        _nextWrite = simulation.CreateTimer(EventRanks.Disturbance, WriteNext);
        _nextWrite.KeepsPlace = true;
    }

    public void Read(long blocks, Action onRead) =>
        _network.Start(
            new TierFlow(_store.Spec, "read", blocks * _blockBytes, onRead)
            {
                Egress = _store.Read,
                Ingress = _network.Port(_instance).Ingress,
                LatencySeconds = _store.Spec.LatencySeconds,
                Shares = _network.RanksOf(_instance.Spec.Model, Whole, _instance.Spec),
            }
        );

    public void Write(TierBlock block)
    {
        _toWrite.Add(block);
        if (_leaving.Count == 0)
        {
            _nextWrite.Set(_simulation.Now);
        }
    }

    public override string ToString() => $"{_instance}'s way to tier {_store.Spec.Label}";

    /// <summary>A store has one port, whatever those of the instance are.</summary>
    private InstanceSpec Whole => _instance.Spec with { KvLinkPerRank = false };

    private void WriteNext()
    {
        (_leaving, _toWrite) = (_toWrite, _leaving);
        _network.Start(
            new TierFlow(_store.Spec, "write", _leaving.Count * _blockBytes, OnWritten)
            {
                Egress = _network.Port(_instance).Egress,
                Ingress = _store.Write,
                LatencySeconds = _store.Spec.LatencySeconds,
                Shares = _network.RanksOf(_instance.Spec.Model, _instance.Spec, Whole),
            }
        );
    }

    private void OnWritten()
    {
        foreach (var block in _leaving)
        {
            block.Written = _simulation.Now;
        }

        _leaving.Clear();
        if (_toWrite.Count > 0)
        {
            WriteNext();
        }
    }
}
