using System.Text.Json;
using LlmSim.Batching;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>engine</c> of an instance.</content>
internal ref partial struct ClusterFile
{
    private const string MaxPrefillTokens = "max_prefill_tokens";
    private const string MixedChunk = "mixed_chunk";

    private static readonly string[] s_engineFields =
    [
        "kind",
        "version",
        "max_num_batched_tokens",
        "max_num_seqs",
        "chunked_prefill",
        MaxPrefillTokens,
        MixedChunk,
        "block_size",
        "prefix_caching",
        "async_scheduling",
        "prefill_iteration_seconds",
        "kv_blocks",
        "data_parallel_group",
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
        UserErrorException? forSglang = null;
        while (ReadFieldName(fields, s_engineFields) is { } field)
        {
            forSglang = field is MaxPrefillTokens or MixedChunk
                ? Error($"{field}: is read by SGLang alone; allowed with it: \"kind\": \"sglang\"")
                : forSglang;
            engine = field switch
            {
                "kind" => engine with { Kind = ReadKind() },
                "version" => engine with { Version = Text(field) },
                "max_num_batched_tokens" => engine with { MaxBatchedTokens = Size(field) },
                "max_num_seqs" => engine with { MaxSequences = Size(field) },
                "chunked_prefill" => engine with { ChunkedPrefill = Flag(field) },
                MaxPrefillTokens => engine with { MaxPrefillTokens = Size(field) },
                MixedChunk => engine with { MixedChunk = Flag(field) },
                "block_size" => engine with { BlockTokens = Size(field) },
                "prefix_caching" => engine with { PrefixCaching = Flag(field) },
                "async_scheduling" => engine with { AsyncScheduling = Flag(field) },
                "prefill_iteration_seconds" => engine with
                {
                    PrefillIterationSeconds = Number(field, x => x >= 0, "0 or more"),
                },
                "kv_blocks" => engine with { KvBlocks = Size(field) },
                _ => engine with { DataParallelGroup = Text(field) },
            };
        }

        _givenOfEngine = fields;
        return engine.Kind == EngineKind.Sglang || forSglang is null ? engine : throw forSglang;
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
