using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>The fields of the object <c>engine</c> of an instance.</summary>
internal static partial class EngineFields
{
    private const string ByKind = "by kind, see batching.md";

    /// <summary>Engines record graphs for hundreds of tokens; beyond this a size is a mistake.</summary>
    private static readonly FigureRange s_graphSize = new(1, 65_536);

    private static readonly FigureRange s_graphTokens = new(0, 65_536);

    private static readonly FigureRange s_iterations = new(0, int.MaxValue);

    /// <summary>Those of <c>overheads</c>: who says one says all.</summary>
    public static IReadOnlyList<ClusterField<EngineOverheads>> Overheads { get; } =
    [
        .. EngineProfileJson.Times.Select(time => new ClusterField<EngineOverheads>(
            time.Field,
            new ClusterValue.Number(EngineOverheads.Range),
            "0",
            OverheadSummary(time.Field),
            (overheads, value) => time.With(overheads, (double)value)
        )),
    ];

    /// <summary>Those of the engine.</summary>
    public static IReadOnlyList<ClusterField<EngineSpec>> All { get; } =
    [
        new(
            "kind",
            new ClusterValue.Word([.. EngineDefaults.Kinds.Keys]),
            "vllm",
            "whose rules it batches by",
            (engine, value) => engine with { Kind = EngineDefaults.Kinds.Values.ElementAt((int)value) }
        ),
        new(
            "version",
            new ClusterValue.Text(),
            "a late one",
            "the engine's version",
            (engine, value) => engine with { Version = (string)value }
        ),
        Size(
            "max_num_batched_tokens",
            ByKind,
            "tokens that an iteration computes at most; of kind sglang those of prompts",
            (engine, value) => engine with { MaxBatchedTokens = value }
        ),
        Size(
            "max_num_seqs",
            ByKind,
            "requests in the batch at most",
            (engine, value) => engine with { MaxSequences = value }
        ),
        Flag(
            "chunked_prefill",
            ByKind,
            "whether an iteration may take a part of a prompt",
            (engine, value) => engine with { ChunkedPrefill = value }
        ),
        Size(
            "max_prefill_tokens",
            "16384",
            "what the prompts of an iteration have to stay below together",
            (engine, value) => engine with { MaxPrefillTokens = value }
        ) with
        {
            ReadBy = EngineKind.Sglang,
        },
        Flag(
            "mixed_chunk",
            "false",
            "whether running requests decode beside prompts",
            (engine, value) => engine with { MixedChunk = value }
        ) with
        {
            ReadBy = EngineKind.Sglang,
        },
        Size(
            "scheduler_recv_interval",
            "1",
            "while requests decode, every so many iterations the engine reads who has come",
            (engine, value) => engine with { ReceiveIterations = value }
        ) with
        {
            ReadBy = EngineKind.Sglang,
        },
        new ClusterField<EngineSpec>(
            "scheduling_policy",
            new ClusterValue.Word(["fcfs", "priority"]),
            "fcfs",
            "priority: waiting requests by priority and arrival, and the last of the running ones in this order is preempted",
            (engine, value) => engine with { SchedulingPolicy = (SchedulingPolicy)(int)value }
        )
        {
            ReadBy = EngineKind.Vllm,
        },
        new ClusterField<EngineSpec>(
            "batching",
            new ClusterValue.Word(["own", "orca", "static"]),
            "own",
            "whose rule says what an iteration computes: vLLM's, that of Orca, or static batches; everything else stays vLLM's",
            (engine, value) => engine with { Batching = (BatchingRule)(int)value }
        )
        {
            ReadBy = EngineKind.Vllm,
        },
        Size(
            "long_prefill_token_threshold",
            "none",
            "tokens of one prompt that an iteration computes at most, so that a long one leaves room for others",
            (engine, value) => engine with { LongPrefillTokens = value }
        ) with
        {
            ReadBy = EngineKind.Vllm,
        },
        new ClusterField<EngineSpec>(
            "prefill_graph_tokens",
            new ClusterValue.Whole(s_graphTokens),
            "SGLang's own, see batching.md",
            "most tokens of an iteration with a part of a prompt that is replayed from graphs (piecewise_cuda_graph_max_tokens); 0 for none",
            (engine, value) => engine with { PrefillGraphTokens = (int)(long)value }
        )
        {
            ReadBy = EngineKind.Sglang,
        },
        new ClusterField<EngineSpec>(
            "schedule_policy",
            new ClusterValue.Word(["fcfs", "lpm", "dfs-weight", "lof", "random"]),
            "fcfs",
            "order of waiting requests: by the run's policies, longest match of a cached prefix first, families of prefixes, longest output first, shuffled",
            (engine, value) => engine with { SchedulePolicy = (SchedulePolicy)(int)value }
        )
        {
            ReadBy = EngineKind.Sglang,
        },
        new ClusterField<EngineSpec>(
            "capacity_scheduler_policy",
            new ClusterValue.Word(["guaranteed_no_evict", "max_utilization"]),
            "guaranteed_no_evict",
            "when a request is admitted: when all its output has memory, or when what is known of it has, and the latest is paused when a block is missing",
            (engine, value) => engine with { CapacityPolicy = (CapacityPolicy)(int)value }
        )
        {
            ReadBy = EngineKind.TensorRtLlm,
        },
        new ClusterField<EngineSpec>(
            "batch_wait_timeout_iters",
            new ClusterValue.Whole(s_iterations),
            "0",
            "iterations in a row that prompts are held back at most while requests decode",
            (engine, value) => engine with { BatchWaitIterations = (int)(long)value }
        )
        {
            ReadBy = EngineKind.TensorRtLlm,
        },
        new ClusterField<EngineSpec>(
            "batch_wait_max_tokens_ratio",
            new ClusterValue.Number(FigureRanges.Share),
            "0",
            "share of max_num_batched_tokens up to which they are held back",
            (engine, value) => engine with { BatchWaitTokensRatio = (double)value }
        )
        {
            ReadBy = EngineKind.TensorRtLlm,
        },
        Size(
            "attention_dp_timeout_iters",
            "none: at once",
            "iterations that the members of a data_parallel_group hold prompts back at most until every one of them has some",
            (engine, value) => engine with { AttentionDpTimeoutIterations = value }
        ) with
        {
            ReadBy = EngineKind.TensorRtLlm,
        },
        new ClusterField<EngineSpec>(
            "attention_dp_batching_wait_iters",
            new ClusterValue.Whole(s_iterations),
            "0",
            "iterations that they hold them back for more when every one has some",
            (engine, value) => engine with { AttentionDpBatchingWaitIterations = (int)(long)value }
        )
        {
            ReadBy = EngineKind.TensorRtLlm,
        },
        Size(
            "block_size",
            ByKind,
            "tokens of a KV block",
            (engine, value) => engine with { BlockTokens = value }
        ),
        Flag(
            "prefix_caching",
            "true",
            "whether equal prefixes share blocks",
            (engine, value) => engine with { PrefixCaching = value }
        ),
        Flag(
            "async_scheduling",
            ByKind,
            "whether an iteration is planned while the one before it runs",
            (engine, value) => engine with { AsyncScheduling = value }
        ),
        new(
            "prefill_iteration_seconds",
            new ClusterValue.Number(FigureRanges.Seconds),
            "0",
            "what an iteration with a part of a prompt takes beside its computation",
            (engine, value) => engine with { PrefillIterationSeconds = (double)value }
        ),
        new(
            "overheads",
            new ClusterValue.Fields(" of seconds", Overheads),
            "by kind and version",
            "what the engine takes beside its kernels; what is left out is 0",
            (engine, value) => engine with { Overheads = (EngineOverheads)value }
        ),
        new(
            "cuda_graph_sizes",
            new ClusterValue.Sizes("vllm", "none", s_graphSize),
            "\"vllm\"",
            "sizes in tokens, ascending, for which kernels were recorded as a graph",
            (engine, value) => value is int[] sizes ? engine with { CapturedSizes = sizes } : engine
        ),
        .. Objects,
        new(
            "kv_tiers",
            new ClusterValue.List(KvTierFields.All),
            "none",
            "memory below that of the accelerators that keeps KV blocks, nearest first",
            (engine, value) => engine with { KvTiers = (KvTierSpec[])value }
        ),
        new ClusterField<EngineSpec>(
            "preemption",
            new ClusterValue.Word(["recompute", "swap"]),
            "recompute",
            "swap: the KV cache of a preempted request is written to the host tier and read back",
            (engine, value) => engine with { Preemption = (KvPreemption)(int)value }
        )
        {
            ReadBy = EngineKind.Vllm,
        },
        Size(
            "kv_blocks",
            "what fits",
            "blocks of the KV cache as the engine counts them",
            (engine, value) => engine with { KvBlocks = value }
        ),
        new(
            "data_parallel_group",
            new ClusterValue.Text(),
            "none",
            "instances of one group, all of one role, advance together",
            (engine, value) => engine with { DataParallelGroup = (string)value }
        ),
    ];

    private static ClusterField<EngineSpec> Size(
        string name,
        string defaultValue,
        string summary,
        Func<EngineSpec, int, EngineSpec> with
    ) =>
        new(
            name,
            new ClusterValue.Whole(FigureRanges.BatchSize),
            defaultValue,
            summary,
            (engine, value) => with(engine, (int)(long)value)
        );

    private static ClusterField<EngineSpec> Flag(
        string name,
        string defaultValue,
        string summary,
        Func<EngineSpec, bool, EngineSpec> with
    ) =>
        new(
            name,
            new ClusterValue.Flag(),
            defaultValue,
            summary,
            (engine, value) => with(engine, (bool)value)
        );
}
