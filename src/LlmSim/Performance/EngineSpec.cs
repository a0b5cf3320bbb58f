using System.Text.Json.Serialization;

namespace LlmSim.Performance;

/// <summary>
/// The engine of an instance that forms batches in iterations and pages its KV cache, by the rules of vLLM V1, SGLang or TensorRT-LLM. An
/// instance without one prefills prompt by prompt, or decodes with a KV cache counted in tokens.
/// </summary>
public sealed record EngineSpec
{
    /// <summary>Null for vLLM's, which follow from the limits of a batch.</summary>
    private readonly IReadOnlyList<int>? _capturedSizes;

    /// <summary>Whose rules it batches by (kind). The other fields are vLLM's by default, whatever the kind.</summary>
    public EngineKind Kind { get; init; }

    /// <summary>The version of the engine (version); empty for a late one.</summary>
    public string Version { get; init; } = "";

    /// <summary>
    /// Most tokens that an iteration computes, at least 1: vLLM's max_num_batched_tokens, TensorRT-LLM's max_num_tokens. SGLang: most tokens of
    /// prompts in an iteration when they may be computed in parts, chunked_prefill_size.
    /// </summary>
    public int MaxBatchedTokens { get; init; } = 8192;

    /// <summary>
    /// Most requests in the batch, at least 1: vLLM's max_num_seqs, SGLang's max_running_requests, TensorRT-LLM's max_batch_size.
    /// </summary>
    public int MaxSequences { get; init; } = 256;

    /// <summary>
    /// Whether an iteration may take a part of a prompt (chunked_prefill). If not, a prompt that is longer than the budget
    /// starts in an iteration of its own.
    /// </summary>
    public bool ChunkedPrefill { get; init; } = true;

    /// <summary>
    /// SGLang: a prompt joins others in an iteration only while all of it is below what is left of so many tokens, at least 1
    /// (max_prefill_tokens). The other kinds do not read it.
    /// </summary>
    public int MaxPrefillTokens { get; init; } = 16384;

    /// <summary>
    /// SGLang: whether running requests decode beside the prompts of an iteration (mixed_chunk, SGLang's enable_mixed_chunk). The other kinds
    /// do so in any case.
    /// </summary>
    public bool MixedChunk { get; init; }

    /// <summary>
    /// vLLM: whose rule says what an iteration computes (batching); everything else stays vLLM's, so that rules can be compared. The other kinds do not read it.
    /// </summary>
    public BatchingRule Batching { get; init; }

    /// <summary>
    /// vLLM: the order of waiting requests, and who is preempted (scheduling_policy). The other kinds do not read it.
    /// </summary>
    public SchedulingPolicy SchedulingPolicy { get; init; }

    /// <summary>
    /// vLLM: most tokens of one prompt in an iteration, at least 1 (long_prefill_token_threshold), so that a long prompt leaves room for others; 0 for as
    /// many as the budget has. The other kinds do not read it.
    /// </summary>
    public int LongPrefillTokens { get; init; }

    /// <summary>Tokens of a KV block, at least 1 (block_size).</summary>
    public int BlockTokens { get; init; } = 16;

    /// <summary>Whether requests share the blocks of equal prefixes (prefix_caching).</summary>
    public bool PrefixCaching { get; init; } = true;

    /// <summary>
    /// Whether an iteration is planned while the one before it runs (async_scheduling), as vLLM does since 0.14, and the overlap schedulers
    /// of SGLang and TensorRT-LLM: what comes during an iteration, and room that opens at its end, count only for the iteration after the next.
    /// </summary>
    public bool AsyncScheduling { get; init; } = true;

    /// <summary>
    /// Seconds that an iteration with a part of a prompt takes beside the computation, at least 0 (prefill_iteration_seconds): such
    /// an iteration is not replayed from a recorded graph of kernels. docs/validation.md tells what was found for vLLM.
    /// </summary>
    public double PrefillIterationSeconds { get; init; }

    /// <summary>
    /// What it takes beside its kernels (overheads); null for what was found for engines of its kind and version. Performance from kernels
    /// reads it, other models of performance have their own or none.
    /// </summary>
    public EngineOverheads? Overheads { get; init; }

    /// <summary>
    /// Sizes in tokens for which the kernels of an iteration were recorded as a graph, ascending (cuda_graph_sizes): an iteration
    /// that only decodes is computed for the next of them, padded. Empty for no padding. vLLM's own
    /// sizes unless given, and none for the other kinds.
    /// </summary>
    public IReadOnlyList<int> CapturedSizes
    {
        get =>
            _capturedSizes
            ?? (Kind == EngineKind.Vllm ? VllmGraphs.CapturedSizes(MaxSequences, MaxBatchedTokens) : []);
        init => _capturedSizes = value;
    }

    /// <summary>
    /// SGLang: most tokens of an iteration with a part of a prompt that is replayed from recorded graphs, padded to the next size
    /// (piecewise_cuda_graph_max_tokens), at least 0 for none; null for SGLang's own. Performance from kernels reads it.
    /// </summary>
    public int? PrefillGraphTokens { get; init; }

    /// <summary>SGLang: the order of waiting requests (schedule_policy). The other kinds do not read it.</summary>
    public SchedulePolicy SchedulePolicy { get; init; }

    /// <summary>TensorRT-LLM: when a request is admitted (capacity_scheduler_policy). The other kinds do not read it.</summary>
    public CapacityPolicy CapacityPolicy { get; init; }

    /// <summary>
    /// TensorRT-LLM: most iterations in a row that prompts are held back while requests decode, at least 0, for their tokens and those that
    /// decode to come to a share of the budget (batch_wait_timeout_iters). The other kinds do not read it.
    /// </summary>
    public int BatchWaitIterations { get; init; }

    /// <summary>That share, from 0 to 1 (batch_wait_max_tokens_ratio).</summary>
    public double BatchWaitTokensRatio { get; init; }

    /// <summary>
    /// TensorRT-LLM: most iterations, at least 1, that the members of a data-parallel group hold prompts back until every one of them has some
    /// (attention_dp_timeout_iters: attention_dp_config with enable_balance and timeout_iters); null for not at all. The other kinds do not read it.
    /// </summary>
    public int? AttentionDpTimeoutIterations { get; init; }

    /// <summary>Iterations, at least 0, that they hold them back for more when every one of them has some (attention_dp_batching_wait_iters).</summary>
    public int AttentionDpBatchingWaitIterations { get; init; }

    /// <summary>
    /// SGLang: in a row of decode iterations, every so many the engine reads who has come, at least 1 (scheduler_recv_interval). The other
    /// kinds do not read it.
    /// </summary>
    public int ReceiveIterations { get; init; } = 1;

    /// <summary>Speculative decoding; null without (speculative_config).</summary>
    public SpeculationSpec? Speculation { get; init; }

    /// <summary>vLLM: adapters that requests may ask for; null for none (lora). The other kinds do not read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LoraSpec? Lora { get; init; }

    /// <summary>What output of a given structure costs; null for nothing (structured_output).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StructuredOutputSpec? StructuredOutput { get; init; }

    /// <summary>
    /// Blocks of the KV cache as the engine counts them (num_gpu_blocks), at least 2: vLLM keeps one of them for itself. Null for as
    /// many as fit beside weights and activations (kv_blocks).
    /// </summary>
    public int? KvBlocks { get; init; }

    /// <summary>Blocks that no request is ever given: vLLM's block 0, which stands for no block (BlockPool.null_block).</summary>
    internal int OwnBlocks => Kind == EngineKind.Vllm ? 1 : 0;

    /// <summary>Memory below that of the accelerators that keeps KV blocks, nearest first; null for none (kv_tiers).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<KvTierSpec>? KvTiers { get; init; }

    /// <summary>vLLM: what becomes of the KV cache of a preempted request (preemption). The other kinds do not read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public KvPreemption Preemption { get; init; }

    /// <summary>
    /// Instances of the same group advance together, each iteration as long as the slowest member's; null for an instance on
    /// its own (data_parallel_group).
    /// </summary>
    public string? DataParallelGroup { get; init; }
}

/// <summary>Engines whose batching rules are known.</summary>
public enum EngineKind
{
    /// <summary>vLLM V1: prompts beside decoding requests; the last request is preempted when memory is short.</summary>
    Vllm,

    /// <summary>SGLang: prompts first, then decoding; requests are retracted when memory is short.</summary>
    Sglang,

    /// <summary>TensorRT-LLM, PyTorch backend: prompts beside decoding requests; nothing is ever evicted.</summary>
    TensorRtLlm,
}

/// <summary>SGLang's orders of waiting requests.</summary>
public enum SchedulePolicy
{
    /// <summary>By the run's queueing policies.</summary>
    Fcfs,

    /// <summary>Those first of whose prompt the most is found; with more than 128 waiting, by arrival.</summary>
    LongestPrefixMatch,

    /// <summary>Those together that share a prefix, the largest families first.</summary>
    DfsWeight,

    /// <summary>Those first that may generate the most.</summary>
    LongestOutput,

    /// <summary>Shuffled whenever prompts are planned.</summary>
    Random,
}

/// <summary>Batching rules to compare with that of vLLM.</summary>
public enum BatchingRule
{
    /// <summary>vLLM's, or what the batching policy of the run says.</summary>
    Own,

    /// <summary>Iteration-level scheduling as in Orca: whole prompts beside decoding requests, memory for all output.</summary>
    Orca,

    /// <summary>A batch is made when the one before it has ended.</summary>
    Static,
}

/// <summary>TensorRT-LLM's capacity policies.</summary>
public enum CapacityPolicy
{
    /// <summary>A request is admitted when the blocks of its prompt and of all its output are free of what others may yet ask for: nothing is ever evicted.</summary>
    GuaranteedNoEvict,

    /// <summary>A request is admitted when what is known of it fits; when a block cannot be had, the latest of the running ones is paused, and starts over.</summary>
    MaxUtilization,
}

/// <summary>vLLM's scheduling policies.</summary>
public enum SchedulingPolicy
{
    /// <summary>Waiting requests under the run's queueing policies; the latest to join is preempted, and goes first.</summary>
    Fcfs,

    /// <summary>
    /// Waiting requests by priority and arrival, whatever the run's policies; the running one that is last in this order is preempted.
    /// </summary>
    Priority,
}

/// <summary>What a batched instance does for a request.</summary>
public enum InstanceRole
{
    /// <summary>Its prompt; then the KV cache leaves for another instance.</summary>
    Prefill,

    /// <summary>Its output, from a KV cache that comes from another instance.</summary>
    Decode,

    /// <summary>Both.</summary>
    Mixed,

    /// <summary>The pictures of its prompt, before that is computed elsewhere: without an engine.</summary>
    Encode,
}
