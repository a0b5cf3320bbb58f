namespace LlmSim.Performance.Catalog;

/// <summary>Reads the experts of a model's config.json; each family has names of its own for them.</summary>
internal static class ExpertsParser
{
    /// <summary>The experts; null where the type of the model has none.</summary>
    public static MixtureOfExperts? Read(JsonFields fields, string type)
    {
        var experts = type switch
        {
            "mixtral" => Mixtral(fields),
            "qwen3_moe" => Qwen3(fields),
            "deepseek_v2" or "deepseek_v3" => DeepSeek(fields),
            _ => null,
        };
        if (experts is not null && experts.ExpertsPerToken > experts.Experts)
        {
            throw fields.Error(
                "num_experts_per_tok",
                $"{experts.ExpertsPerToken} of {experts.Experts} experts cannot be chosen."
            );
        }

        return experts;
    }

    private static MixtureOfExperts Mixtral(JsonFields fields) =>
        new()
        {
            Experts = fields.PositiveInt("num_local_experts"),
            ExpertsPerToken = fields.PositiveInt("num_experts_per_tok"),
            ExpertIntermediateSize = fields.PositiveInt("intermediate_size"),
        };

    private static MixtureOfExperts Qwen3(JsonFields fields)
    {
        if (
            fields.PositiveInt("decoder_sparse_step", absent: 1) != 1
            || !fields.IsEmptyList("mlp_only_layers")
        )
        {
            throw fields.Error(
                fields.IsEmptyList("mlp_only_layers") ? "decoder_sparse_step" : "mlp_only_layers",
                "layers without experts between those that have them are not supported."
            );
        }

        return new()
        {
            Experts = fields.PositiveInt("num_experts"),
            ExpertsPerToken = fields.PositiveInt("num_experts_per_tok"),
            ExpertIntermediateSize = fields.PositiveInt("moe_intermediate_size"),
        };
    }

    private static MixtureOfExperts DeepSeek(JsonFields fields)
    {
        const string DenseLayers = "first_k_dense_replace";
        if (fields.PositiveInt("moe_layer_freq", absent: 1) != 1)
        {
            throw fields.Error(
                "moe_layer_freq",
                "layers without experts between those that have them are not supported."
            );
        }

        if (fields.Count(DenseLayers) >= fields.PositiveInt("num_hidden_layers"))
        {
            throw fields.Error(DenseLayers, "no layer is left for the experts.");
        }

        var intermediate = fields.PositiveInt("moe_intermediate_size");
        return new()
        {
            Experts = fields.PositiveInt("n_routed_experts"),
            ExpertsPerToken = fields.PositiveInt("num_experts_per_tok"),
            ExpertIntermediateSize = intermediate,
            SharedIntermediateSize = fields.Count("n_shared_experts") * intermediate,
            DenseLayers = fields.Count(DenseLayers),
        };
    }
}
