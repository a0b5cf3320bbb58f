namespace LlmSim.Performance;

/// <summary>The parameters of a model by the operand that decides on their format.</summary>
internal readonly record struct ParametersByOperand(
    long Projections,
    long Mlp,
    long SharedExperts,
    long Router,
    long Experts,
    long LmHead,
    long Others
)
{
    /// <summary>Counts the matrices; what is left of the parameters are the embedding, norms and biases.</summary>
    public static ParametersByOperand Of(ModelDescription model)
    {
        long hidden = model.HiddenSize;
        var left = model.Parameters;
        var experts = model.MixtureOfExperts;
        var mlpMatrices = model.Family == ModelFamily.Gpt2 || !model.GatedMlp ? 2 : 3;
        return new(
            Take(model.Layers * ProjectionsOfLayer(model)),
            Take((model.Layers - model.ExpertLayers) * mlpMatrices * hidden * model.IntermediateSize),
            Take(model.ExpertLayers * 3 * hidden * (experts?.SharedIntermediateSize ?? 0)),
            Take(model.ExpertLayers * hidden * (experts?.Experts ?? 0)),
            Take(model.ExpertParameters),
            Take(model.TiedEmbeddings ? 0 : hidden * model.VocabularySize),
            left
        );

        // A description may state fewer parameters than its shapes have.
        long Take(long parameters)
        {
            var taken = Math.Min(parameters, left);
            left -= taken;
            return taken;
        }
    }

    /// <summary>Bytes in memory.</summary>
    /// <param name="precision">The formats.</param>
    /// <param name="expertShare">The share of the routed experts that is there, 0 to 1.</param>
    public long Bytes(Precision precision, double expertShare = 1) =>
        (long)
            Math.Round(
                Projections * precision.Projections.Weight.BytesPerValue
                    + Mlp * precision.Mlp.Weight.BytesPerValue
                    + SharedExperts * precision.SharedExperts.Weight.BytesPerValue
                    + Router * precision.Router.Weight.BytesPerValue
                    + expertShare * Experts * precision.Experts.Weight.BytesPerValue
                    + LmHead * precision.LmHead.Weight.BytesPerValue
                    + Others * precision.Embedding.BytesPerValue
            );

    private static long ProjectionsOfLayer(ModelDescription model)
    {
        long hidden = model.HiddenSize;
        long heads = model.AttentionHeads;
        if (model.LatentAttention is { } latent)
        {
            var queries =
                latent.QueryRank == 0
                    ? hidden * heads * model.HeadSize
                    : latent.QueryRank * (hidden + heads * model.HeadSize);
            return queries
                + hidden * latent.CachedSize
                + latent.KvRank * heads * (latent.NopeHeadSize + latent.ValueHeadSize)
                + heads * latent.ValueHeadSize * hidden;
        }

        return 2 * hidden * (heads + model.KvHeads) * model.HeadSize;
    }
}
