using System.Text.Json;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>engine</c> of an instance.</content>
internal ref partial struct ClusterFile
{
    /// <summary>Engines record graphs for hundreds of tokens; beyond this a size is a mistake.</summary>
    private static readonly FigureRange s_graphSize = new(1, 65_536);

    private static readonly FigureRange s_iterations = new(0, int.MaxValue);

    private const string MaxPrefillTokens = "max_prefill_tokens";
    private const string MixedChunk = "mixed_chunk";
    private const string ReceiveInterval = "scheduler_recv_interval";
    private const string BatchWait = "batch_wait_timeout_iters";
    private const string BatchWaitRatio = "batch_wait_max_tokens_ratio";

    private static readonly string[] s_engineFields =
    [
        "kind",
        "version",
        "max_num_batched_tokens",
        "max_num_seqs",
        "chunked_prefill",
        MaxPrefillTokens,
        MixedChunk,
        ReceiveInterval,
        BatchWait,
        BatchWaitRatio,
        "block_size",
        "prefix_caching",
        "async_scheduling",
        "prefill_iteration_seconds",
        "overheads",
        "cuda_graph_sizes",
        "kv_blocks",
        "data_parallel_group",
    ];

    private static readonly string[] s_overheadFields =
    [
        .. EngineProfileJson.Times.Select(time => time.Field),
    ];

    private static readonly string[] s_kinds = [.. EngineDefaults.Kinds.Keys];

    private EngineSpec ReadEngine()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error($"engine: found {Found()}; allowed: an object {{ … }}");
        }

        var fields = new HashSet<string>(StringComparer.Ordinal);
        var engine = new EngineSpec();
        var owners = new Dictionary<(EngineKind Kind, string Name), UserErrorException>();
        while (ReadFieldName(fields, s_engineFields) is { } field)
        {
            // The kind may come after what only it reads.
            if (OnlyKind(field) is { } only)
            {
                owners[only] = Error(
                    $"{field}: is read by {only.Name} alone; allowed with it: \"kind\": \"{EngineDefaults.Name(only.Kind)}\""
                );
            }

            engine = field switch
            {
                "kind" => engine with { Kind = ReadKind() },
                "version" => engine with { Version = Text(field) },
                "max_num_batched_tokens" => engine with { MaxBatchedTokens = Size(field) },
                "max_num_seqs" => engine with { MaxSequences = Size(field) },
                "chunked_prefill" => engine with { ChunkedPrefill = Flag(field) },
                MaxPrefillTokens => engine with { MaxPrefillTokens = Size(field) },
                MixedChunk => engine with { MixedChunk = Flag(field) },
                ReceiveInterval => engine with { ReceiveIterations = Size(field) },
                BatchWait => engine with { BatchWaitIterations = (int)Whole(field, s_iterations) },
                BatchWaitRatio => engine with { BatchWaitTokensRatio = Number(field, FigureRanges.Share) },
                "block_size" => engine with { BlockTokens = Size(field) },
                "prefix_caching" => engine with { PrefixCaching = Flag(field) },
                "async_scheduling" => engine with { AsyncScheduling = Flag(field) },
                "prefill_iteration_seconds" => engine with
                {
                    PrefillIterationSeconds = Number(field, FigureRanges.Seconds),
                },
                "overheads" => engine with { Overheads = ReadOverheads() },
                "cuda_graph_sizes" => WithGraphSizes(engine, field),
                "kv_blocks" => engine with { KvBlocks = Size(field) },
                _ => engine with { DataParallelGroup = Text(field) },
            };
        }

        _givenOfEngine = fields;
        foreach (var (only, error) in owners)
        {
            if (only.Kind != engine.Kind)
            {
                throw error;
            }
        }

        return engine;
    }

    /// <summary>The only kind that reads a field; null for all.</summary>
    private static (EngineKind Kind, string Name)? OnlyKind(string field) =>
        field switch
        {
            MaxPrefillTokens or MixedChunk or ReceiveInterval => (EngineKind.Sglang, "SGLang"),
            BatchWait or BatchWaitRatio => (EngineKind.TensorRtLlm, "TensorRT-LLM"),
            _ => null,
        };

    /// <summary>"vllm" for the sizes that vLLM records, which depend on the limits of a batch; "none"; or a list.</summary>
    private EngineSpec WithGraphSizes(EngineSpec engine, string field) =>
        _reader.TokenType switch
        {
            JsonTokenType.String when _reader.ValueTextEquals("vllm") => engine,
            JsonTokenType.String when _reader.ValueTextEquals("none") => engine with { CapturedSizes = [] },
            JsonTokenType.StartArray => engine with { CapturedSizes = ReadSizes(field) },
            _ => throw Error(
                $"{field}: found {Found()}; allowed: \"vllm\", \"none\" or a list of sizes in tokens such as [1, 2, 4, 8]"
            ),
        };

    private List<int> ReadSizes(string field)
    {
        var sizes = new List<int>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var size = (int)Whole(field, s_graphSize);
            if (sizes.Count > 0 && size <= sizes[^1])
            {
                throw Error($"{field}: found {size} after {sizes[^1]}; allowed: sizes in ascending order");
            }

            sizes.Add(size);
        }

        return sizes;
    }

    /// <summary>Times that are left out are 0: who says one says all.</summary>
    private EngineOverheads ReadOverheads()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error($"overheads: found {Found()}; allowed: an object {{ … }} of seconds");
        }

        var fields = new HashSet<string>(StringComparer.Ordinal);
        var overheads = EngineOverheads.None;
        while (ReadFieldName(fields, s_overheadFields) is { } field)
        {
            var time = EngineProfileJson.Times.First(one => one.Field == field);
            overheads = time.With(overheads, Number(field, EngineOverheads.Range));
        }

        return overheads;
    }

    private readonly EngineKind ReadKind()
    {
        var kind = _reader.TokenType == JsonTokenType.String ? _reader.GetString()! : "";
        return EngineDefaults.Kinds.TryGetValue(kind, out var known)
            ? known
            : throw Error(
                $"kind: found {Found()}; allowed: {string.Join(", ", s_kinds)}.{Suggestion.For(kind, s_kinds)}"
            );
    }

    /// <summary>An instance whose fields have all been read, with the defaults of its engine where the file is silent.</summary>
    private readonly InstanceSpec WithDefaultsOfEngine(InstanceSpec instance, HashSet<string> given)
    {
        if (instance.Engine is not { } engine)
        {
            return instance;
        }

        var defaults = EngineDefaults.EngineOfFile(engine.Kind, engine.Version, instance.Hardware);
        return instance with
        {
            MemoryUtilization = given.Contains("memory_utilization")
                ? instance.MemoryUtilization
                : EngineDefaults.MemoryUtilization(engine.Kind),
            Engine = engine with
            {
                MaxBatchedTokens = IsGiven("max_num_batched_tokens")
                    ? engine.MaxBatchedTokens
                    : defaults.MaxBatchedTokens,
                MaxSequences = IsGiven("max_num_seqs") ? engine.MaxSequences : defaults.MaxSequences,
                ChunkedPrefill = IsGiven("chunked_prefill") ? engine.ChunkedPrefill : defaults.ChunkedPrefill,
                BlockTokens = IsGiven("block_size") ? engine.BlockTokens : defaults.BlockTokens,
                AsyncScheduling = IsGiven("async_scheduling")
                    ? engine.AsyncScheduling
                    : defaults.AsyncScheduling,
            },
        };
    }

    private readonly bool IsGiven(string field) => _givenOfEngine.Contains(field);
}
