using LlmSim.Kernel;

namespace LlmSim.Metrics.Sampling;

/// <summary>An instance at one instant.</summary>
/// <param name="Time">When.</param>
/// <param name="Stage">"prefill", "decode" or "mixed".</param>
/// <param name="Index">Position of the instance in the cluster file, from 0.</param>
/// <param name="QueuedRequests">Requests that wait.</param>
/// <param name="RunningRequests">Requests that run: in decode the batch size.</param>
/// <param name="HeldKvBytes">KV bytes held.</param>
/// <param name="KvCapacityBytes">Bytes for the KV cache.</param>
/// <param name="Queue">The requests that wait, by the time they began to; null in samples at an interval.</param>
internal readonly record struct InstanceSample(
    SimTime Time,
    string Stage,
    int Index,
    int QueuedRequests,
    int RunningRequests,
    long HeldKvBytes,
    long KvCapacityBytes,
    IReadOnlyList<QueuedRequest>? Queue
);

/// <summary>A request that waits.</summary>
/// <param name="Id">Number of the request in the workload.</param>
/// <param name="InputTokens">Its prompt in tokens.</param>
/// <param name="SecondsToTtftDeadline">Seconds until its TTFT misses the SLO; negative when it has.</param>
internal readonly record struct QueuedRequest(long Id, int InputTokens, double SecondsToTtftDeadline);
