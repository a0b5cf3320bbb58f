namespace LlmSim.Performance.Catalog;

/// <summary>Counts the parameters of a model from its shapes.</summary>
internal static class ParameterCount
{
    private const string CrossAttention = "cross_attention_layers";

    /// <summary>Rows of the embedding of a model with cross attention beside the vocabulary: its marks of pictures.</summary>
    private const int PictureTokens = 8;

    /// <summary>Layers that attend to pictures, and are passed over in text.</summary>
    public static int CrossAttentionLayers(ConfigFields fields) => fields.IntList(CrossAttention).Length;

    /// <summary>More than any model has: what follows from fewer stays within 64 bits.</summary>
    private const long Most = 1_000_000_000_000_000;

    /// <summary>Counts them.</summary>
    /// <exception cref="UserErrorException">They are more than a model can have.</exception>
    public static long Of(ModelDescription model, ConfigFields fields, ModelRules rules, long otherParameters)
    {
        try
        {
            return
                checked(Count(model, fields, rules) + otherParameters) is > 0 and <= Most and var parameters
                ? parameters
                : throw new OverflowException();
        }
        catch (OverflowException)
        {
            throw fields.Error("hidden_size", "with the other sizes it makes more than 1e15 parameters.");
        }
    }

    private static long Count(ModelDescription model, ConfigFields fields, ModelRules rules)
    {
        long hidden = model.HiddenSize;
        var norm = rules.NormVectors * hidden;
        var mlpBias = rules.MlpBias.IsOn(fields);
        checked
        {
            // Norms are stated for a layer of two parts.
            var norms = rules.Norms(fields) * (model.LayersWithMixer + model.LayersWithMlp) / 2 * norm;
            var attention = model.AttentionGroups.Sum(group =>
                group.Layers * Attention(model, group, fields, rules)
            );
            var crossAttention =
                Attention(model, model.Attention, fields, rules)
                + rules.Norms(fields) * norm
                + rules.MoreInLayer(fields)
                + Mlp(model, model.IntermediateSize, model.GatedMlp, mlpBias)
                + 2L * model.HeadSize
                + 2;
            return Embeddings(model, fields, rules)
                + attention
                + Recurrent(model)
                + norms
                + model.Layers * rules.MoreInLayer(fields)
                + model.Mlps.Sum(group => group.Layers * Mlp(model, group.Width, model.GatedMlp, mlpBias))
                + model.ExpertLayers * BesideExperts(model, fields, rules.Experts)
                + model.ExpertParameters
                + rules.OuterNorms * norm
                + CrossAttentionLayers(fields) * crossAttention
                + (fields.Has(CrossAttention) ? PictureTokens * hidden : 0);
        }
    }

    private static long Recurrent(ModelDescription model) =>
        model.Recurrent is { } layers
            ? checked(
                layers.Layers
                * (
                    model.HiddenSize * ((long)layers.ProjectedSize + layers.OutputSize)
                    + layers.OtherParameters
                )
            )
            : 0;

    private static long Attention(
        ModelDescription model,
        AttentionGroup group,
        ConfigFields fields,
        ModelRules rules
    )
    {
        long hidden = model.HiddenSize;
        if (group.Latent is { } latent)
        {
            return checked(Latent(model, group, latent) + Indexer(group, hidden));
        }

        var query = (long)group.Heads * group.HeadSize;
        var key = (long)group.KvHeads * group.HeadSize;
        var bias = rules.QueryKeyValueBias.IsOn(fields);
        var norms = rules.HasQueryKeyNorm.IsOn(fields) ? rules.QueryKeyNorm : QueryKeyNorm.None;
        return checked(
            Matrix(hidden, group.HasOutputGate ? 2 * query : query, bias)
            + Matrix(hidden, key, bias)
            + Matrix(hidden, (long)group.KvHeads * group.ValueHeadSize, bias)
            + Matrix((long)group.Heads * group.ValueHeadSize, hidden, rules.OutputBias.IsOn(fields))
            + Indexer(group, hidden)
            + norms switch
            {
                QueryKeyNorm.PerHead => 2L * group.HeadSize,
                QueryKeyNorm.AllHeads => query + key,
                _ => 0,
            }
        );
    }

    /// <summary>Of a layer; those that have none see what others have chosen.</summary>
    private static long Indexer(AttentionGroup group, long hidden) =>
        group.Indexer is { } indexer
            ? (
                (long)indexer.QueryInput * indexer.Heads * indexer.HeadSize
                + hidden * (indexer.HeadSize + indexer.Heads)
            )
                * indexer.Layers
                / group.Layers
            : 0;

    private static long Latent(ModelDescription model, AttentionGroup group, LatentAttention latent)
    {
        long hidden = model.HiddenSize;
        long heads = group.Heads;
        long queryRank = latent.QueryRank;
        var query = heads * (latent.NopeHeadSize + latent.RopeHeadSize);
        checked
        {
            var queries =
                queryRank == 0 ? hidden * query : hidden * queryRank + queryRank + queryRank * query;
            var keysAndValues =
                hidden * latent.CachedSize
                + latent.KvRank
                + latent.KvRank * heads * (latent.NopeHeadSize + latent.ValueHeadSize);
            return queries + keysAndValues + heads * latent.ValueHeadSize * hidden;
        }
    }

    private static long BesideExperts(ModelDescription model, ConfigFields fields, ExpertRules? rules)
    {
        if (model.MixtureOfExperts is not { } experts || rules is null)
        {
            return 0;
        }

        var router = experts.Experts * (model.HiddenSize + (rules.RouterBias.IsOn(fields) ? 1L : 0));
        var shared =
            Mlp(model, experts.SharedIntermediateSize, experts.Gated, hasBias: false)
            + 2L * model.HiddenSize * (experts.LatentSize ?? 0);
        var gate = rules.HasSharedGate ? model.HiddenSize : 0;
        var biases = rules.HasExpertBias
            ? experts.Experts * (2L * experts.ExpertIntermediateSize + model.HiddenSize)
            : 0;
        return router + shared + gate + biases;
    }

    private static long Mlp(ModelDescription model, long intermediate, bool gated, bool hasBias) =>
        intermediate == 0
            ? 0
            : (gated ? 2 : 1) * Matrix(model.HiddenSize, intermediate, hasBias)
                + Matrix(intermediate, model.HiddenSize, hasBias);

    /// <summary>The input embedding, that of positions and, unless it is the same matrix, the projection to the vocabulary.</summary>
    private static long Embeddings(ModelDescription model, ConfigFields fields, ModelRules rules)
    {
        var vocabulary = (long)model.VocabularySize * model.HiddenSize;
        var positions = rules.ExtraPositions is { } extra
            ? checked((model.MaxContextTokens + (long)extra) * model.HiddenSize)
            : 0;
        var bias = rules.LmHeadBias.IsOn(fields) ? model.VocabularySize : 0;
        return (model.TiedEmbeddings ? 1 : 2) * vocabulary + positions + bias;
    }

    private static long Matrix(long input, long output, bool bias) =>
        checked(input * output + (bias ? output : 0));
}
