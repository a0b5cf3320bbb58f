using LlmSim.Instances.Queues;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Transfers;

namespace LlmSim.Batching;

/// <summary>What a batched instance needs to know of the model and of the stages around it.</summary>
/// <param name="Role">What it does for a request.</param>
/// <param name="KvBlocks">Blocks of its KV cache that requests are given.</param>
/// <param name="KvBytesPerBlock">Bytes of one.</param>
/// <param name="KvBeside">Blocks of a request beside those of its tokens; null where it has none.</param>
/// <param name="ReservesKv">Whether KV caches are only sent here after blocks were reserved for them.</param>
/// <param name="Victims">Chooses whom to preempt; null for the engine's rule.</param>
/// <param name="Drafting">Says how many drafts are accepted; null without speculative decoding.</param>
/// <param name="Encoding">Encodes the pictures of prompts; null where none come, or where others do.</param>
/// <param name="Adapters">Where adapters are; null without any.</param>
/// <param name="OutputEstimate">Estimates what requests will generate yet.</param>
/// <param name="InterTokenLatency">Observes gaps between tokens.</param>
/// <param name="Parts">Told of the parts of prompts that it computes; null for nobody.</param>
/// <param name="OnPrefilled">A request leaves with its first token; its KV cache stays until it is released.</param>
/// <param name="OnFinished">A request has all its tokens.</param>
/// <param name="OnRoom">There may be room for a reservation.</param>
/// <param name="OnWithdrawn">A request whose client has gone holds nothing here any more.</param>
internal sealed record BatchedInstanceOptions(
    InstanceRole Role,
    int KvBlocks,
    long KvBytesPerBlock,
    KvBeside? KvBeside,
    bool ReservesKv,
    VictimChooser? Victims,
    Drafting? Drafting,
    ImageEncoding? Encoding,
    AdapterSlots? Adapters,
    OutputEstimate OutputEstimate,
    InterTokenLatency InterTokenLatency,
    PartsOfPrompts? Parts,
    Action<Request> OnPrefilled,
    Action<Request> OnFinished,
    Action<Instance> OnRoom,
    Action<Request> OnWithdrawn
)
{
    /// <summary>Plans its iterations; null for the rule of its kind.</summary>
    public BatchingCaller? Batching { get; init; }
}
