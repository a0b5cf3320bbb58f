using LlmSim.Instances.Queues;

namespace LlmSim.Instances.Decode;

/// <summary>What a decode instance needs to know of the model and the semantics.</summary>
/// <param name="KvCapacityBytes">Bytes for the KV cache.</param>
/// <param name="KvBytesPerToken">KV bytes of a token.</param>
/// <param name="TokensBeside">What a request keeps whatever its length, in tokens.</param>
/// <param name="Saturation">What happens when the batch outgrows the memory.</param>
/// <param name="Admission">When a request may join.</param>
/// <param name="Victims">Chooses whom to preempt; null for the newest.</param>
/// <param name="MaxIterationsPerEvent">Longest macro-step; 1 steps one by one.</param>
internal readonly record struct DecodeOptions(
    long KvCapacityBytes,
    long KvBytesPerToken,
    long TokensBeside,
    Saturation Saturation,
    Admission Admission,
    VictimChooser? Victims,
    int MaxIterationsPerEvent
);
