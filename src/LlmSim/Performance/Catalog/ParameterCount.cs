namespace LlmSim.Performance.Catalog;

/// <summary>Counts the parameters of a model from its shapes.</summary>
internal static class ParameterCount
{
    public static long Llama(
        ModelDescription model,
        bool queryKeyValueBias,
        bool outputBias,
        bool mlpBias,
        bool queryKeyNorm
    )
    {
        long hidden = model.HiddenSize;
        var query = (long)model.AttentionHeads * model.HeadSize;
        var keyValue = (long)model.KvHeads * model.HeadSize;

        var attention =
            Matrix(hidden, query, queryKeyValueBias)
            + 2 * Matrix(hidden, keyValue, queryKeyValueBias)
            + Matrix(query, hidden, outputBias)
            + (queryKeyNorm ? 2L * model.HeadSize : 0);
        return WithAttention(model, attention, mlpBias, routerBias: false);
    }

    public static long DeepSeek(ModelDescription model, LatentAttention latent, bool routerBias)
    {
        long hidden = model.HiddenSize;
        long heads = model.AttentionHeads;
        long queryRank = latent.QueryRank;
        var query = heads * (latent.NopeHeadSize + latent.RopeHeadSize);

        var queries = queryRank == 0 ? hidden * query : hidden * queryRank + queryRank + queryRank * query;
        var keysAndValues =
            hidden * latent.CachedSize
            + latent.KvRank
            + latent.KvRank * heads * (latent.NopeHeadSize + latent.ValueHeadSize);
        var output = heads * latent.ValueHeadSize * hidden;
        return WithAttention(model, queries + keysAndValues + output, mlpBias: false, routerBias);
    }

    public static long Gpt2(ModelDescription model)
    {
        long hidden = model.HiddenSize;
        long intermediate = model.IntermediateSize;

        var attention = Matrix(hidden, 3 * hidden, bias: true) + Matrix(hidden, hidden, bias: true);
        var mlp = Matrix(hidden, intermediate, bias: true) + Matrix(intermediate, hidden, bias: true);
        var norm = 2 * hidden;
        var positions = model.MaxContextTokens * hidden;
        return Embeddings(model) + positions + model.Layers * (attention + mlp + 2 * norm) + norm;
    }

    private static long WithAttention(ModelDescription model, long attention, bool mlpBias, bool routerBias)
    {
        long hidden = model.HiddenSize;
        var norms = 2 * hidden;
        var finalNorm = hidden;
        var experts = model.MixtureOfExperts;
        var router = (experts?.Experts ?? 0) * (hidden + (routerBias ? 1 : 0));
        var shared = GatedMlp(hidden, experts?.SharedIntermediateSize ?? 0, bias: false);
        return Embeddings(model)
            + model.Layers * (attention + norms)
            + (model.Layers - model.ExpertLayers) * GatedMlp(hidden, model.IntermediateSize, mlpBias)
            + model.ExpertLayers * (router + shared)
            + model.ExpertParameters
            + finalNorm;
    }

    private static long GatedMlp(long hidden, long intermediate, bool bias) =>
        2 * Matrix(hidden, intermediate, bias) + Matrix(intermediate, hidden, bias);

    /// <summary>The input embedding and, unless it is the same matrix, the projection to the vocabulary.</summary>
    private static long Embeddings(ModelDescription model) =>
        (model.TiedEmbeddings ? 1L : 2L) * model.VocabularySize * model.HiddenSize;

    private static long Matrix(long input, long output, bool bias) => input * output + (bias ? output : 0);
}
