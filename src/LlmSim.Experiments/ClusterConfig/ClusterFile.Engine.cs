using System.Text.Json;
using LlmSim.Batching;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>engine</c> of an instance.</content>
internal ref partial struct ClusterFile
{
    private static readonly string[] s_engineFields =
    [
        "max_num_batched_tokens",
        "max_num_seqs",
        "chunked_prefill",
        "block_size",
        "prefix_caching",
        "async_scheduling",
        "prefill_iteration_seconds",
        "kv_blocks",
        "data_parallel_group",
    ];

    private EngineSpec ReadEngine()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error($"engine: found {Found()}; allowed: an object {{ … }}");
        }

        var fields = new HashSet<string>(StringComparer.Ordinal);
        var engine = new EngineSpec();
        while (ReadFieldName(fields, s_engineFields) is { } field)
        {
            engine = field switch
            {
                "max_num_batched_tokens" => engine with { MaxBatchedTokens = Size(field) },
                "max_num_seqs" => engine with { MaxSequences = Size(field) },
                "chunked_prefill" => engine with { ChunkedPrefill = Flag(field) },
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

        return engine;
    }
}
