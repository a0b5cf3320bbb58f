namespace LlmSim.Performance;

/// <summary>The model that drafts for another, which is on the same accelerators.</summary>
internal static class Drafter
{
    /// <summary>That of an instance; null where nothing is drafted, or by no model.</summary>
    /// <exception cref="UserErrorException">The model that drafts has another vocabulary.</exception>
    public static ServedModel? Of(ServedModel served, InstanceSpec instance) =>
        instance.Engine?.Speculation switch
        {
            { Method: DraftMethod.Mtp } => OneLayer(served, served.Model.MixtureOfExperts),
            // Heads that are trained afterwards are dense (Li et al., arXiv:2503.01840).
            { Method: DraftMethod.Eagle } => OneLayer(served, experts: null),
            { Method: DraftMethod.DraftModel, DraftModel: { } model } => Smaller(served, model),
            _ => null,
        };

    /// <summary>
    /// A layer with the model's attention, and a projection of its two inputs, the embedding of the last token and the hidden state before it
    /// (DeepSeek-V3, arXiv:2412.19437, section 2.2). Embedding and output projection are those of the model.
    /// </summary>
    private static ServedModel OneLayer(ServedModel served, MixtureOfExperts? experts)
    {
        var model = served.Model;
        var attention = model.AttentionGroups.First(group => group.Layers > 0);
        var layer = model with
        {
            Id = $"{model.Id} (one layer)",
            Layers = 1,
            Attention = attention with { Layers = 1, Indexer = null },
            OtherAttention = [],
            Recurrent = null,
            OtherMlps = [],
            LayersWithoutMlp = 0,
            MixtureOfExperts = experts is null ? null : experts with { DenseLayers = 0 },
            TiedEmbeddings = true,
            Parameters = long.MaxValue,
        };
        var shapes = ParametersByOperand.Of(layer);
        long hidden = model.HiddenSize;
        var parameters =
            shapes.Projections + shapes.Mlp + shapes.SharedExperts + shapes.Router + shapes.Experts;
        return new(layer with { Parameters = parameters + (2 * hidden * hidden) })
        {
            Precision = served.Precision,
        };
    }

    private static ServedModel Smaller(ServedModel served, ModelDescription model) =>
        model.VocabularySize == served.Model.VocabularySize
            ? new(model)
            : throw new UserErrorException(
                $"speculative_config: model: {model.Id} has a vocabulary of {model.VocabularySize} tokens; allowed: {served.Model.VocabularySize}, as {served.Model.Id} has, for it to verify them"
            );
}
