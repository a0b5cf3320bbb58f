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
            Take(
                model.AttentionGroups.Sum(group => ProjectionsOf(group, model))
                    + (
                        model.Recurrent is { } recurrent
                            ? recurrent.Layers * hidden * (recurrent.ProjectedSize + recurrent.OutputSize)
                            : 0
                    )
            ),
            Take(model.Mlps.Sum(group => group.Layers * mlpMatrices * hidden * group.Width)),
            Take(model.ExpertLayers * BesideRouted(model, experts)),
            Take(model.ExpertLayers * hidden * (experts?.Experts ?? 0)),
            Take(model.ExpertParameters),
            Take(model.TiedEmbeddings || !model.HasLmHead ? 0 : hidden * model.VocabularySize),
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

    /// <summary>What every token passes in a layer with experts.</summary>
    private static long BesideRouted(ModelDescription model, MixtureOfExperts? experts) =>
        experts is null
            ? 0
            : model.HiddenSize
                * (experts.Matrices * (long)experts.SharedIntermediateSize + 2L * (experts.LatentSize ?? 0));

    private static long ProjectionsOf(AttentionGroup group, ModelDescription model)
    {
        long hidden = model.HiddenSize;
        long heads = group.Heads;
        var indexer = group.Indexer is { } index
            ? index.Layers
                * (
                    (long)index.QueryInput * index.Heads * index.HeadSize
                    + hidden * (index.HeadSize + index.Heads)
                )
            : 0;
        if (group.Latent is { } latent)
        {
            var queries =
                latent.QueryRank == 0
                    ? hidden * heads * group.HeadSize
                    : latent.QueryRank * (hidden + heads * group.HeadSize);
            return group.Layers
                    * (
                        queries
                        + hidden * latent.CachedSize
                        + latent.KvRank * heads * (latent.NopeHeadSize + latent.ValueHeadSize)
                        + heads * latent.ValueHeadSize * hidden
                    )
                + indexer;
        }

        var gate = group.HasOutputGate ? heads * group.HeadSize : 0;
        return group.Layers
                * hidden
                * (gate + (heads + group.KvHeads) * (group.HeadSize + group.ValueHeadSize))
            + indexer;
    }
}
