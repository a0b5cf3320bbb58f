using LlmSim.Performance;

namespace LlmSim;

/// <summary>What prefill and decode instances have in common: the part that policies see.</summary>
internal abstract class Instance
{
    protected Instance(int index, InstanceSpec spec, IPerformanceModel performance, long kvCapacityBytes)
    {
        Index = index;
        Spec = spec;
        Performance = performance;
        KvCapacityBytes = kvCapacityBytes;
    }

    public int Index { get; }
    public InstanceSpec Spec { get; }
    public IPerformanceModel Performance { get; }
    public long KvCapacityBytes { get; }

    public abstract int QueuedRequests { get; }
    public abstract int RunningRequests { get; }

    /// <summary>KV bytes held by running requests and asked for by queued ones.</summary>
    public abstract long CommittedKvBytes { get; }

    /// <summary>KV bytes held now, those of the decode iterations that have ended by now included.</summary>
    public abstract long HeldKvBytes { get; }

    /// <summary>Work ahead of a request placed here now: seconds in prefill, tokens in decode.</summary>
    public abstract double EstimatedWork(Request request);

    /// <summary>Whether the request would fit if it were alone.</summary>
    public abstract bool CanEverHold(Request request);

    /// <summary>Adds the queued requests to a list, in no particular order.</summary>
    public abstract void CopyQueueTo(List<Request> requests);
}
