namespace LlmSim.Performance;

/// <summary>The part of a model that each stage of a pipeline has: a model of its own with fewer layers.</summary>
/// <remarks>
/// A description says how many layers of a kind there are and not where. Layers with different attention are taken to lie evenly among each
/// other, as they nearly do in all published models; dense ones lie before those with experts.
/// </remarks>
internal static class PipelineStages
{
    /// <summary>The stages of an instance, the first one with the embedding, the last one with the projection to the vocabulary.</summary>
    /// <exception cref="UserErrorException">The layers cannot be divided so.</exception>
    public static ModelDescription[] Of(ModelDescription model, InstanceSpec instance)
    {
        var layers = Layers(model, instance);
        var mixers = new Kinds([
            .. model.AttentionGroups.Select(group => group.Layers),
            model.Recurrent is { IsBesideAttention: false } recurrent ? recurrent.Layers : 0,
            model.Layers - model.LayersWithMixer,
        ]);
        var denseFirst = model.LayersWithoutMlp == 0;
        var mlps = new Kinds(
            [
                .. model.OtherMlps.Select(group => group.Layers),
                model.LayersWithoutMlp,
                model.Layers
                    - model.ExpertLayers
                    - model.LayersWithoutMlp
                    - model.OtherMlps.Sum(group => group.Layers),
                model.ExpertLayers,
            ],
            lastKindLast: denseFirst
        );
        var stages = new ModelDescription[layers.Length];
        for (var i = 0; i < layers.Length; i++)
        {
            var before = layers.Take(i).Sum();
            stages[i] = Stage(
                model,
                (before, layers[i]),
                mixers.Take(layers[i]),
                mlps.Take(layers[i]),
                isFirst: i == 0,
                isLast: i == layers.Length - 1
            );
        }

        return stages;
    }

    /// <summary>Layers of each stage: as given, else as equal as can be.</summary>
    private static int[] Layers(ModelDescription model, InstanceSpec instance)
    {
        var stages = instance.PpSize;
        if (stages > model.Layers)
        {
            throw new UserErrorException(
                $"pp_size: {stages} stages for the {model.Layers} layers of {model.Id}; allowed: up to {model.Layers}"
            );
        }

        if (instance.PpLayers is { } given)
        {
            return given.Count == stages && given.All(layers => layers > 0) && given.Sum() == model.Layers
                ? [.. given]
                : throw new UserErrorException(
                    $"pp_layers: found {string.Join(" + ", given)} for {stages} stages; allowed: a number of layers from 1 for each stage, {model.Layers} together, as {model.Id} has"
                );
        }

        // vLLM and SGLang give what is left over to the stages before the last one, which projects to the vocabulary; TensorRT-LLM to the first ones.
        var (each, over) = Math.DivRem(model.Layers, stages);
        var firstLarger = instance.Engine?.Kind == EngineKind.TensorRtLlm ? 0 : stages - 1 - over;
        return
        [
            .. Enumerable
                .Range(0, stages)
                .Select(i => each + (i >= firstLarger && i < firstLarger + over ? 1 : 0)),
        ];
    }

    private static ModelDescription Stage(
        ModelDescription model,
        (int Before, int Count) layers,
        (int Before, int Count)[] mixers,
        (int Before, int Count)[] mlps,
        bool isFirst,
        bool isLast
    )
    {
        var attention = model
            .AttentionGroups.Select((group, i) => Part(group, mixers[i]))
            .OrderBy(group => group.Layers == 0)
            .ToArray();
        var others = model.OtherMlps.Select((group, i) => group with { Layers = mlps[i].Count });
        var stage = model with
        {
            Layers = layers.Count,
            Attention = attention[0],
            OtherAttention = [.. attention.Skip(1).Where(group => group.Layers > 0)],
            Recurrent = model.Recurrent is { } recurrent
                ? recurrent with
                {
                    Layers = recurrent.IsBesideAttention
                        ? Share(recurrent.Layers, layers, model.Layers)
                        : mixers[^2].Count,
                }
                : null,
            OtherMlps = [.. others.Where(group => group.Layers > 0)],
            LayersWithoutMlp = mlps[^3].Count,
            MixtureOfExperts = model.MixtureOfExperts is { } experts
                ? experts with
                {
                    DenseLayers = layers.Count - mlps[^1].Count,
                }
                : null,
            HasLmHead = isLast,
        };
        return stage with
        {
            Parameters = Parameters(model, stage, isFirst || (isLast && model.TiedEmbeddings)),
        };
    }

    private static AttentionGroup Part(AttentionGroup group, (int Before, int Count) layers) =>
        group with
        {
            Layers = layers.Count,
            Indexer = group.Indexer is { } indexer
                ? indexer with
                {
                    Layers = Share(indexer.Layers, layers, group.Layers),
                }
                : null,
        };

    /// <summary>How many of some that lie evenly in all layers are in a part of them.</summary>
    private static int Share(int count, (int Before, int Count) layers, int ofLayers)
    {
        return ofLayers == 0 ? 0 : UpTo(layers.Before + layers.Count) - UpTo(layers.Before);

        int UpTo(int layer) => (int)Math.Round((double)count * layer / ofLayers);
    }

    /// <summary>The matrices of the stage, its share of what else there is, and the embedding where it has that.</summary>
    private static long Parameters(ModelDescription model, ModelDescription stage, bool hasEmbedding)
    {
        var embedding = (long)model.HiddenSize * model.VocabularySize;
        var beside = model.Parameters - embedding - Matrices(model);
        return Matrices(stage) + (beside * stage.Layers / model.Layers) + (hasEmbedding ? embedding : 0);
    }

    private static long Matrices(ModelDescription model) =>
        long.MaxValue - ParametersByOperand.Of(model with { Parameters = long.MaxValue }).Others;

    /// <summary>Layers of several kinds that lie evenly among each other, taken from the first one on.</summary>
    /// <param name="layers">How many there are of each kind.</param>
    /// <param name="lastKindLast">Whether those of the last kind lie behind all others.</param>
    private sealed class Kinds(int[] layers, bool lastKindLast = false)
    {
        private readonly int[] _taken = new int[layers.Length];

        /// <summary>The next so many, by kind.</summary>
        public (int Before, int Count)[] Take(int count)
        {
            var before = (int[])_taken.Clone();
            for (var i = 0; i < count; i++)
            {
                _taken[Next()]++;
            }

            return [.. before.Zip(_taken, (then, now) => (then, now - then))];
        }

        /// <summary>The kind that is furthest behind its share.</summary>
        private int Next()
        {
            var left = Enumerable
                .Range(0, layers.Length)
                .Where(kind => _taken[kind] < layers[kind])
                .ToArray();
            return left.Where(kind => !lastKindLast || kind < layers.Length - 1 || left.Length == 1)
                .MinBy(kind => (_taken[kind] + 0.5) / layers[kind]);
        }
    }
}
