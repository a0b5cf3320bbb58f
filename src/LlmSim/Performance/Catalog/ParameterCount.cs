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
        long intermediate = model.IntermediateSize;
        var query = (long)model.AttentionHeads * model.HeadSize;
        var keyValue = (long)model.KvHeads * model.HeadSize;

        var attention =
            Matrix(hidden, query, queryKeyValueBias)
            + 2 * Matrix(hidden, keyValue, queryKeyValueBias)
            + Matrix(query, hidden, outputBias)
            + (queryKeyNorm ? 2L * model.HeadSize : 0);
        var mlp = 2 * Matrix(hidden, intermediate, mlpBias) + Matrix(intermediate, hidden, mlpBias);
        var norms = 2 * hidden;
        var finalNorm = hidden;
        return Embeddings(model) + model.Layers * (attention + mlp + norms) + finalNorm;
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

    /// <summary>The input embedding and, unless it is the same matrix, the projection to the vocabulary.</summary>
    private static long Embeddings(ModelDescription model) =>
        (model.TiedEmbeddings ? 1L : 2L) * model.VocabularySize * model.HiddenSize;

    private static long Matrix(long input, long output, bool bias) => input * output + (bias ? output : 0);
}
