using System.Text.Json;
using LlmSim.Batching;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>engine</c> of an instance.</content>
internal ref partial struct ClusterFile
{
    /// <summary>Engines record graphs for hundreds of tokens; beyond this a size is a mistake.</summary>
    private const int MaxGraphSize = 65_536;

    private static readonly string[] s_engineFields =
    [
        "max_num_batched_tokens",
        "max_num_seqs",
        "chunked_prefill",
        "block_size",
        "prefix_caching",
        "async_scheduling",
        "prefill_iteration_seconds",
        "cuda_graph_sizes",
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
                "cuda_graph_sizes" => WithGraphSizes(engine, field),
                "kv_blocks" => engine with { KvBlocks = Size(field) },
                _ => engine with { DataParallelGroup = Text(field) },
            };
        }

        return engine;
    }

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
            var size = (int)Whole(field, 1, MaxGraphSize);
            if (sizes.Count > 0 && size <= sizes[^1])
            {
                throw Error($"{field}: found {size} after {sizes[^1]}; allowed: sizes in ascending order");
            }

            sizes.Add(size);
        }

        return sizes;
    }
}
