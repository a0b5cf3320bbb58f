using System.Collections.Frozen;

namespace LlmSim.Performance.Catalog;

/// <summary>Fields of a config.json that change nothing that is simulated.</summary>
internal static class ConfigNeutralFields
{
    /// <summary>Ends of the names of tokens, dropouts, small constants and weights of losses.</summary>
    public static readonly string[] Endings =
    [
        "_token",
        "_token_id",
        "_token_ids",
        "_token_index",
        "_dropout",
        "_dropout_prob",
        "_pdrop",
        "_eps",
        "_epsilon",
        "_loss_coef",
        "_loss_alpha",
        "_range",
        "_std",
        "_token_type_ids",
        "_multiplier",
        "_softcapping",
        "_act",
        "_activation",
        "_function",
        "_rope_theta",
    ];

    public static FrozenSet<string> All { get; } =
        string.Join(' ', Identity, Training, Generation, Arithmetic, Routing, StatedElsewhere)
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Names of the model, its files and the software.</summary>
    private const string Identity = """
        _attn_implementation _attn_implementation_autoset _commit_hash _name_or_path architectures
        attn_implementation auto_map custom_pipelines dtype finetuning_task fp32_residual_connection
        id2label label2id model_type name prefix problem_type quantization_config compression_config
        task_specific_params tokenizer_class torch_dtype torchscript transformers_version unsloth_fixed
        unsloth_version use_bfloat16 mlp_type class_num pool_type
        """;

    /// <summary>What concerned training and its software.</summary>
    private const string Training = """
        _flash_attn_2_enabled activation_checkpointing attn_pdrop bias_dropout_fusion ep_size dropout
        gradient_checkpointing hidden_dropout init_std initializer_cutoff_factor initializer_range
        initializer_factor initial_context_length layerdrop masked_softmax_fusion mlp_dropout
        moe_dropout moe_router_aux_loss offset_alibi onnx_safe output_router_logits pretraining_tp
        seq_aux slow_but_exact skip_bias_add skip_bias_add_qkv use_flash_attn use_flash_attention
        use_fused_rms_norm use_fused_rope z_loss_weight moe_aux_loss_lambda moe_drop_tokens
        mtp_loss_scaling_factor moe_shared_expert_overlap mtp_layers_block_type sinkhorn_2gate
        sinkhorn_temp layer_norm_elementwise_affine
        """;

    /// <summary>Defaults of generation, which a request overrides.</summary>
    private const string Generation = """
        add_cross_attention bad_words_ids begin_suppress_tokens chunk_size_feed_forward
        cross_attention_hidden_size diversity_penalty do_sample early_stopping
        encoder_no_repeat_ngram_size exponential_decay_length_penalty image_seq_length is_decoder
        is_training keys_to_ignore_at_inference length_penalty max_length min_length
        no_repeat_ngram_size num_beam_groups num_beams num_logits_to_keep num_return_sequences
        output_attentions output_hidden_states output_scores pruned_heads remove_invalid_values
        repetition_penalty return_dict return_dict_in_generate sep_token_id suppress_tokens temperature
        tf_legacy_loss tie_encoder_decoder top_k top_p typical_p use_cache use_return_dict
        cache_implementation num_media_embeds
        """;

    /// <summary>Factors and functions of values that are computed in any case, and how positions get in.</summary>
    private const string Arithmetic = """
        activation alibi apply_query_key_layer_scaling apply_residual_connection_post_layernorm
        attention_softmax_in_fp32 attention_scale attn_logit_softcapping attn_scale
        attn_temperature_tuning clip_qkv dim_model_base do_layer_norm_before embedding_dropout
        expert_intermediate_size floor_scale hidden_act hidden_activation logit_scale logits_scaling
        mlp_hidden_act norm_type original_rope partial_rotary_factor post_layer_norm
        query_pre_attn_scalar residual_in_fp32 rms_norm rmsnorm rope_interleave rope_interleaved
        rope_local_base_freq rope_pct rope_ratio rope_scaling rope_parameters rope_theta rotary
        rotary_dim rotary_emb_base rotary_pct scale_attention_softmax_in_fp32
        scale_attn_by_inverse_layer_idx scale_attn_weights scale_depth scale_emb summary_activation
        summary_first_dropout summary_proj_to_labels summary_type summary_use_proj swiglu_alpha
        attention_value_scale indexer_rope_interleave moe_router_scaling_factor output_gate_type
        rescale_prenorm_residual swiglu_limit time_step_floor time_step_limit time_step_max
        time_step_min use_mamba_kernels use_bidirectional_attention use_cache_quantization use_dynamic_ntk use_gemma_norm
        use_logn_attn use_mrope use_rotary_position_embeddings use_rmsnorm use_scaled_rope
        _remove_final_layer_norm compression_ratio full_attn_mod interpolate_factor
        original_max_position_embeddings position_embedding_xdrope post_norm qk_norm use_rotary_pos_emb
        """;

    /// <summary>How a router weighs and groups experts; how many a token goes to does not depend on it.</summary>
    private const string Routing = """
        experts_per_token moe_capacity moe_gate moe_norm_min moe_router_dtype
        moe_router_enable_expert_bias moe_router_topk_scaling_factor n_group norm_topk_prob
        normalize_expert_weights num_expert_group routed_scaling_factor router_bias router_dtype
        router_jitter_noise scoring_func score_function topk_group topk_method moe_k
        """;

    /// <summary>Sizes that follow from others or from the family, and switches of what is off.</summary>
    private const string StatedElsewhere = """
        attention_head_dim attn_type_list decoder_sparse_step dense_list expand_ratio head_dim
        interleaved_mrope kv_channels max_position_embeddings max_sequence_length max_window_layers
        mlp_only_layers mscale mtp_transformer_layers multi_query_attention n_ctx n_embed n_positions
        no_rope_layer_interval no_rope_layers num_experts num_hidden_layers num_key_value_heads
        num_ln_in_parallel_attn qk_head_dim qk_norm_type rope_head_dim seq_length sliding_window
        sliding_window_pattern tie_word_embeddings use_mtp use_sliding_window word_embed_proj_dim
        cla_share_factor enable_moe_block full_attention_interval moe_shared_expert_intermediate_size
        vocab_size_per_layer_input use_mixed_mlp_moe
        """;
}
