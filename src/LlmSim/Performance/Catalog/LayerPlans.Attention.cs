namespace LlmSim.Performance.Catalog;

/// <content>Layers whose attention differs in its shapes, or in what it sees.</content>
internal static partial class LayerPlans
{
    /// <summary>MiniMax-M3: an indexer chooses blocks of tokens in some layers.</summary>
    public static LayerPlan MiniMaxSparse(ConfigFields fields, LayerPlan plan)
    {
        const string Config = "sparse_attention_config";
        if (!fields.IsObject(Config))
        {
            return plan;
        }

        var sparse = fields.Object(Config);
        var layers = plan.Attention.Layers;
        var count = sparse.IntList("sparse_attention_freq").Take(layers).Count(kind => kind > 0);
        var seen = sparse.PositiveInt("sparse_topk_blocks") * sparse.PositiveInt("sparse_block_size");
        return plan.WithOther(
            sparse.Flag("use_sparse_attention", absent: true) ? count : 0,
            group =>
                group with
                {
                    Window = new(Config, seen),
                    Indexer = new()
                    {
                        Heads = sparse.PositiveInt("sparse_num_index_heads"),
                        HeadSize = sparse.PositiveInt("sparse_index_dim"),
                        QueryInput = fields.PositiveInt("hidden_size"),
                        Layers = count,
                    },
                }
        );
    }

    /// <summary>DeepSeek sparse attention; GLM-5 has layers that see what the indexer of one before has chosen.</summary>
    public static LayerPlan Sparse(ConfigFields fields, LayerPlan plan)
    {
        const string Types = "indexer_types";
        var layers = plan.Attention.Layers;
        var indexer = new TokenIndexer
        {
            Heads = fields.PositiveInt("index_n_heads", ConfigFields.Experts),
            HeadSize = fields.PositiveInt("index_head_dim", ConfigFields.HeadWidth),
            QueryInput = fields.PositiveInt("q_lora_rank"),
            Layers = fields.Has(Types)
                ? fields.TextList(Types).Take(layers).Count(type => type == "full")
                : layers,
        };
        const string Chosen = "index_topk";
        return plan with
        {
            Attention = plan.Attention with
            {
                Window = new(Chosen, fields.PositiveInt(Chosen)),
                Indexer = indexer,
            },
            // A norm with a shift.
            OtherParameters = indexer.Layers * 2L * indexer.HeadSize,
        };
    }

    /// <summary>Gemma 4: layers that see all have wider heads, fewer of them for keys, and values that are the keys.</summary>
    public static LayerPlan Gemma4(ConfigFields fields, LayerPlan plan)
    {
        const string Shared = "num_kv_shared_layers";
        if (fields.Count(Shared) > 0)
        {
            throw fields.Error(Shared, "keys and values that layers share: not simulated yet.");
        }

        var local = plan.OtherAttention.Count > 0 ? plan.OtherAttention[0] : null;
        if (local is null)
        {
            return plan;
        }

        var size = fields.PositiveInt("global_head_dim", absent: plan.Attention.HeadSize);
        var kvHeads = fields.PositiveInt("num_global_key_value_heads", absent: plan.Attention.KvHeads);
        var shared = fields.Flag("attention_k_eq_v", absent: false);
        var global = plan.Attention with { HeadSize = size, ValueHeadSize = size, KvHeads = kvHeads };
        return plan with
        {
            Attention = global,
            OtherParameters = shared
                ? -(long)global.Layers * fields.PositiveInt("hidden_size") * kvHeads * size
                : 0,
        };
    }

    /// <summary>MiMo-V2: a pattern with 1 for layers with a window, which have heads of their own.</summary>
    public static LayerPlan MiMo(ConfigFields fields, LayerPlan plan)
    {
        const string Pattern = "hybrid_layer_pattern";
        const string Window = "sliding_window";
        var valueSize = fields.PositiveInt("v_head_dim", absent: plan.Attention.HeadSize);
        plan = plan with { Attention = plan.Attention with { ValueHeadSize = valueSize } };
        return plan.WithOther(
            fields.IntList(Pattern).Take(plan.Attention.Layers).Count(kind => kind == 1),
            group =>
            {
                var size = fields.PositiveInt("swa_head_dim", absent: group.HeadSize);
                return group with
                {
                    Heads = fields.PositiveInt("swa_num_attention_heads", absent: group.Heads),
                    KvHeads = fields.PositiveInt("swa_num_key_value_heads", absent: group.KvHeads),
                    HeadSize = size,
                    ValueHeadSize = fields.PositiveInt("swa_v_head_dim", absent: size),
                    Window = new(Window, fields.PositiveInt(Window)),
                };
            }
        );
    }

    /// <summary>Step 3.5: layers with a window may have more heads.</summary>
    public static LayerPlan Step(ConfigFields fields, LayerPlan plan)
    {
        const string Other = "attention_other_setting";
        if (!fields.IsObject(Other) || plan.OtherAttention.Count == 0)
        {
            return plan;
        }

        var other = fields.Object(Other);
        return plan with
        {
            OtherAttention =
            [
                .. plan.OtherAttention.Select(group =>
                    group with
                    {
                        Heads = other.PositiveInt("num_attention_heads", absent: group.Heads),
                        KvHeads = other.PositiveInt("num_attention_groups", absent: group.KvHeads),
                    }
                ),
            ],
        };
    }
}
