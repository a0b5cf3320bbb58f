using System.Globalization;
using System.Text.Json.Nodes;
using LlmSim.Performance;

namespace LlmSim.Experiments.Planning;

/// <summary>What one instance is made of.</summary>
internal sealed record InstanceLayout
{
    /// <summary>The accelerator.</summary>
    public required HardwareDescription Hardware { get; init; }

    /// <summary>Accelerators that the attention of a request is divided over.</summary>
    public required int TpSize { get; init; }

    /// <summary>
    /// Ranks of data-parallel attention, of <see cref="TpSize" /> accelerators each: they have requests of their own, hold the experts
    /// together, and advance together. 1 for none.
    /// </summary>
    public int AttentionDp { get; init; } = 1;

    /// <summary>Accelerators that the experts of a layer are divided over; 1 where each rank holds a slice of all.</summary>
    public int ExpertParallel { get; init; } = 1;

    /// <summary>Accelerators of an instance.</summary>
    public int Accelerators => TpSize * AttentionDp;

    /// <summary>As "h100_sxm-tp4" or "h200-tp1-dp8-ep".</summary>
    public string Name
    {
        get
        {
            var hardware = Hardware.Name[(Hardware.Name.IndexOf('_', StringComparison.Ordinal) + 1)..];
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{hardware.ToLowerInvariant()}-tp{TpSize}{(AttentionDp > 1 ? $"-dp{AttentionDp}" : "")}{(ExpertParallel > 1 ? "-ep" : "")}"
            );
        }
    }

    /// <summary>As "NVIDIA_H100_SXM tp 4 with expert parallelism".</summary>
    public string Words =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Hardware.Name} tp {TpSize}{(AttentionDp > 1 ? $" with data-parallel attention over {AttentionDp}" : "")}{(ExpertParallel > 1 ? AttentionDp > 1 ? " and expert parallelism" : " with expert parallelism" : "")}"
        );

    /// <summary>So many of them in a cluster file: one entry, or with data-parallel attention one for each group of ranks.</summary>
    public IEnumerable<JsonNode> Entries(string role, int count, EngineKind engine, int? maxBatchedTokens) =>
        AttentionDp == 1
            ? [Entry(role, count, Engine(engine, maxBatchedTokens))]
            : Enumerable
                .Range(0, count)
                .Select(group =>
                {
                    var ranks = Entry(role, AttentionDp, RankEngine(engine, maxBatchedTokens));
                    ranks["engine"]!["data_parallel_group"] = string.Create(
                        CultureInfo.InvariantCulture,
                        $"{role} {group}"
                    );
                    if (AllToAll(engine, role) is { } backend)
                    {
                        ranks["all2all_backend"] = backend;
                    }

                    return ranks;
                });

    private JsonObject Entry(string role, int count, JsonObject engine)
    {
        var instance = new JsonObject
        {
            ["role"] = role,
            ["hardware"] = Hardware.Name,
            ["tp_size"] = TpSize,
            ["count"] = count,
        };
        if (ExpertParallel > 1)
        {
            instance["expert_parallel"] = ExpertParallel;
        }

        instance["engine"] = engine;
        return instance;
    }

    private static JsonObject Engine(EngineKind kind, int? maxBatchedTokens)
    {
        var engine = new JsonObject { ["kind"] = EngineDefaults.Name(kind) };
        if (maxBatchedTokens is { } tokens)
        {
            engine["max_num_batched_tokens"] = tokens;
        }

        return engine;
    }

    /// <summary>SGLang divides its budgets over the ranks; in a file each instance is one of them.</summary>
    private JsonObject RankEngine(EngineKind kind, int? maxBatchedTokens)
    {
        if (kind != EngineKind.Sglang)
        {
            return Engine(kind, maxBatchedTokens);
        }

        var share = EngineDefaults.Engine(kind, new EngineSpec().Version, Hardware, AttentionDp);
        var engine = Engine(kind, maxBatchedTokens ?? share.MaxBatchedTokens);
        engine["max_num_seqs"] = share.MaxSequences;
        return engine;
    }

    /// <summary>
    /// How tokens come to their experts where prompts and outputs have ranks of their own: SGLang and TensorRT-LLM send them, vLLM gathers
    /// them on all unless told otherwise, as all do on instances that do both.
    /// </summary>
    private static string? AllToAll(EngineKind engine, string role) =>
        engine == EngineKind.Vllm ? null
        : role == InstanceShape.Prefill ? "deepep_high_throughput"
        : role == InstanceShape.Decode ? "deepep_low_latency"
        : null;
}
