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
        var dense = model.Layers - model.ExpertLayers;
        List<Product> products = [];
        if (model.LatentAttention is null)
        {
            products.AddRange(Projections(KernelFormat.Of(precision.Projections)));
        }

        products.AddRange(Mlp(KernelFormat.Of(precision.Mlp), model.IntermediateSize, dense));
        if (model.MixtureOfExperts is { } experts)
        {
            products.Add(
                new(KernelFormat.Of(precision.Router), experts.Experts, model.HiddenSize, model.ExpertLayers)
            );
            OfSharedExperts =
            [
                .. Measurable(
                    Mlp(
                        KernelFormat.Of(precision.SharedExperts),
                        experts.SharedIntermediateSize,
                        model.ExpertLayers
                    )
                ),
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
        var query = _model.AttentionHeads / _ranks * _model.HeadSize;
        var keyValue = TensorParallelism.KvHeadsEach(_model, _tpSize) * _model.HeadSize;
        yield return new(format, query + 2 * keyValue, _model.HiddenSize, _model.Layers);
        yield return new(format, _model.HiddenSize, query, _model.Layers);
    }

    private IEnumerable<Product> Mlp(KernelFormat format, int intermediate, int runs)
    {
        var width = intermediate / _ranks;
        yield return new(
            format,
            (_model.Family == ModelFamily.Gpt2 || !_model.GatedMlp ? 1 : 2) * width,
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
