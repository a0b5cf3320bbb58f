namespace LlmSim.Performance.Kernels;

/// <summary>The matrix products of an iteration as engines run them, matrices with the same input in one.</summary>
internal sealed class LayerProducts
{
    private readonly ModelDescription _model;
    private readonly int _tpSize;
    private readonly double _ranks;

    public LayerProducts(ModelDescription model, Precision precision, int tpSize)
    {
        _model = model;
        _tpSize = tpSize;
        _ranks = tpSize;
        List<Product> products = [.. Projections(KernelFormat.Of(precision.Projections))];
        foreach (var (layers, width) in model.Mlps)
        {
            products.AddRange(Mlp(KernelFormat.Of(precision.Mlp), width, model.GatedMlp, layers));
        }

        if (model.MixtureOfExperts is { } experts)
        {
            products.Add(
                new(KernelFormat.Of(precision.Router), experts.Experts, model.HiddenSize, model.ExpertLayers)
            );
            var format = KernelFormat.Of(precision.SharedExperts);
            if (experts.LatentSize is { } latent)
            {
                products.Add(new(format, latent, model.HiddenSize, model.ExpertLayers));
                products.Add(new(format, model.HiddenSize, latent, model.ExpertLayers));
            }

            OfSharedExperts =
            [
                .. Measurable(Mlp(format, experts.SharedIntermediateSize, experts.Gated, model.ExpertLayers)),
            ];
        }

        OfLayers = [.. Measurable(products)];
        LmHead = new(
            KernelFormat.Of(precision.LmHead),
            model.VocabularySize / _ranks,
            model.HiddenSize,
            Runs: 1
        );
    }

    /// <summary>In all layers; without those that are measured with latent attention, and those of shared experts.</summary>
    public Product[] OfLayers { get; }

    /// <summary>Of the experts that every token meets.</summary>
    public Product[] OfSharedExperts { get; } = [];

    /// <summary>The projection to the vocabulary.</summary>
    public Product LmHead { get; }

    private static IEnumerable<Product> Measurable(IEnumerable<Product> products) =>
        products.Where(product => product is { Runs: > 0, Outputs: > 0, Inputs: > 0 });

    private IEnumerable<Product> Projections(KernelFormat format)
    {
        foreach (var group in _model.AttentionGroups)
        {
            if (group.Latent is null)
            {
                var query = group.Heads / _ranks * group.HeadSize;
                var keyValue =
                    TensorParallelism.KvHeadsEach(group, _tpSize) * (group.HeadSize + group.ValueHeadSize);
                yield return new(
                    format,
                    (group.HasOutputGate ? 2 * query : query) + keyValue,
                    _model.HiddenSize,
                    group.Layers
                );
                yield return new(
                    format,
                    _model.HiddenSize,
                    group.Heads / _ranks * group.ValueHeadSize,
                    group.Layers
                );
            }

            if (group.Indexer is { } indexer)
            {
                yield return new(
                    format,
                    indexer.Heads * indexer.HeadSize,
                    indexer.QueryInput,
                    indexer.Layers
                );
                yield return new(format, indexer.HeadSize + indexer.Heads, _model.HiddenSize, indexer.Layers);
            }
        }

        if (_model.Recurrent is { } recurrent)
        {
            yield return new(format, recurrent.ProjectedSize / _ranks, _model.HiddenSize, recurrent.Layers);
            yield return new(format, _model.HiddenSize, recurrent.OutputSize / _ranks, recurrent.Layers);
        }
    }

    private IEnumerable<Product> Mlp(KernelFormat format, int intermediate, bool gated, int runs)
    {
        var width = intermediate / _ranks;
        yield return new(
            format,
            (_model.Family == ModelFamily.Gpt2 || !gated ? 1 : 2) * width,
            _model.HiddenSize,
            runs
        );
        yield return new(format, _model.HiddenSize, width, runs);
    }

    /// <summary>A product with weights.</summary>
    /// <param name="Format">Its format.</param>
    /// <param name="Outputs">Values that come out for a token.</param>
    /// <param name="Inputs">Values that go in.</param>
    /// <param name="Runs">How often it runs in an iteration.</param>
    internal readonly record struct Product(KernelFormat Format, double Outputs, double Inputs, int Runs);
}
