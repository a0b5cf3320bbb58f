namespace LlmSim.Performance;

/// <summary>
/// The operations of the layers, attention proper and communication apart, as one accelerator of a tensor-parallel group sees
/// them, in the order in which the table lists them.
/// </summary>
internal sealed class LayerOperations
{
    private readonly ModelDescription _model;
    private readonly Precision _precision;
    private readonly InstanceSpec _instance;

    public LayerOperations(ModelDescription model, Precision precision, InstanceSpec instance)
    {
        _model = model;
        _precision = precision;
        _instance = instance;
        Projections = [.. ProjectionsOfLayers()];
        Elementwise = [.. ElementwiseOfLayers()];
        Mlps = [.. model.Mlps.Select(group => new LayerPart(Mlp(group.Width / Tp), group.Layers))];
        if (model.MixtureOfExperts is { } experts)
        {
            Router = [Linear("router", model.HiddenSize, experts.Experts, precision.Router)];
            SharedExperts =
                experts.SharedIntermediateSize > 0
                    ? Mlp(
                        "shared_",
                        experts.SharedIntermediateSize / Tp,
                        precision.SharedExperts,
                        experts.Gated
                    )
                    : [];
            SharedExperts = [.. SharedExperts, .. AroundExperts(experts)];
            Experts = Routed(experts);
        }
    }

    /// <summary>The projections around attention, or around what is in its place.</summary>
    public LayerPart[] Projections { get; }

    /// <summary>The MLPs of layers without experts.</summary>
    public LayerPart[] Mlps { get; }

    /// <summary>In layers with experts: what chooses them.</summary>
    public TokenOperation[] Router { get; } = [];

    /// <summary>In layers with experts: those that every token passes.</summary>
    public TokenOperation[] SharedExperts { get; } = [];

    /// <summary>In layers with experts: what each token passes some of.</summary>
    public ExpertOperation[] Experts { get; } = [];

    /// <summary>Norms, additions and the like.</summary>
    public LayerPart[] Elementwise { get; }

    private double Tp => _instance.TpSize;

    private IEnumerable<LayerPart> ProjectionsOfLayers()
    {
        foreach (var group in _model.AttentionGroups)
        {
            var projections = (_model.Family, group.Latent) switch
            {
                (ModelFamily.Gpt2, _) => Gpt2(),
                (ModelFamily.Llama, { } latent) => Latent(group, latent),
                (ModelFamily.Llama, null) => Llama(group),
                _ => throw new InvalidOperationException($"unknown family {_model.Family}"),
            };
            yield return new(projections, group.Layers);
            if (group.Indexer is { } indexer)
            {
                yield return new(Indexer(indexer), indexer.Layers);
            }
        }

        if (_model.Recurrent is { } recurrent)
        {
            yield return new(
                [
                    Projection("recurrent_in_proj", _model.HiddenSize, recurrent.ProjectedSize / Tp),
                    Projection("recurrent_out_proj", recurrent.OutputSize / Tp, _model.HiddenSize),
                ],
                recurrent.Layers
            );
        }
    }

    private TokenOperation[] Llama(AttentionGroup group)
    {
        double hidden = _model.HiddenSize;
        var query = group.Heads * group.HeadSize / Tp;
        var kvHeads = TensorParallelism.KvHeadsEach(group, _instance.TpSize);
        return
        [
            Projection("q_proj", hidden, group.HasOutputGate ? 2 * query : query),
            ToKvCache("k_proj", hidden, kvHeads * group.HeadSize) with
            {
                Launches = 0,
            },
            ToKvCache("v_proj", hidden, kvHeads * group.ValueHeadSize) with
            {
                Launches = 0,
            },
            Projection("out_proj", group.Heads * group.ValueHeadSize / Tp, hidden),
        ];
    }

    /// <summary>Every accelerator makes the whole latent vector; heads are divided.</summary>
    private TokenOperation[] Latent(AttentionGroup group, LatentAttention latent)
    {
        double hidden = _model.HiddenSize;
        var query = group.Heads * group.HeadSize / Tp;
        TokenOperation[] queries =
            latent.QueryRank == 0
                ? [Projection("q_proj", hidden, query)]
                :
                [
                    Projection("q_a_proj", hidden, latent.QueryRank),
                    Projection("q_b_proj", latent.QueryRank, query),
                ];
        return
        [
            .. queries,
            ToKvCache("kv_a_proj", hidden, latent.CachedSize),
            Projection("out_proj", group.Heads * latent.ValueHeadSize / Tp, hidden),
        ];
    }

    /// <summary>Every accelerator scores all tokens with all heads of the indexer.</summary>
    private TokenOperation[] Indexer(TokenIndexer indexer) =>
        [
            Projection("index_q_proj", indexer.QueryInput, indexer.Heads * indexer.HeadSize),
            Projection("index_k_proj", _model.HiddenSize, indexer.HeadSize) with
            {
                ActivationOutBytesPerToken = 0,
                KvOutBytesPerToken = indexer.KeyBytes,
            },
            Projection("index_weights_proj", _model.HiddenSize, indexer.Heads) with
            {
                Launches = 0,
            },
        ];

    /// <summary>One matrix makes queries, keys and values, so what it writes counts as activations, the KV cache included.</summary>
    private TokenOperation[] Gpt2()
    {
        double hidden = _model.HiddenSize;
        return [Projection("c_attn", hidden, 3 * hidden / Tp), Projection("c_proj", hidden / Tp, hidden)];
    }

    private TokenOperation[] Mlp(double width) =>
        _model.Family == ModelFamily.Gpt2
            ? PlainMlp("c_fc", "c_proj_mlp", width, _precision.Mlp)
            : Mlp("", width, _precision.Mlp, _model.GatedMlp);

    private TokenOperation[] Mlp(string prefix, double width, ProductFormat format, bool gated) =>
        gated
            ? GatedMlp(prefix, _model.HiddenSize, width, format)
            : PlainMlp($"{prefix}up_proj", $"{prefix}down_proj", width, format);

    private TokenOperation[] GatedMlp(string prefix, double input, double width, ProductFormat format) =>
        [
            Linear($"{prefix}gate_proj", input, width, format),
            Linear($"{prefix}up_proj", input, width, format) with
            {
                Launches = 0,
            },
            Linear($"{prefix}down_proj", width, input, format),
        ];

    private TokenOperation[] PlainMlp(string up, string down, double width, ProductFormat format) =>
        [Linear(up, _model.HiddenSize, width, format), Linear(down, width, _model.HiddenSize, format)];

    /// <summary>Into the narrower space of the experts, and back.</summary>
    private TokenOperation[] AroundExperts(MixtureOfExperts experts) =>
        experts.LatentSize is { } latent
            ?
            [
                Linear("latent_in_proj", _model.HiddenSize, latent, _precision.SharedExperts),
                Linear("latent_out_proj", latent, _model.HiddenSize, _precision.SharedExperts),
            ]
            : [];

    /// <summary>
    /// Tensor parallelism divides every expert; expert parallelism gives each accelerator whole ones, and to those come
    /// the tokens of all the accelerators that the experts are divided over.
    /// </summary>
    private ExpertOperation[] Routed(MixtureOfExperts experts)
    {
        var isDivided = _instance.ExpertParallel == 1;
        var width = experts.ExpertIntermediateSize / (isDivided ? Tp : 1);
        double input = experts.LatentSize ?? _model.HiddenSize;
        TokenOperation[] products = GatedMlp("expert_", input, width, _precision.Experts);
        return
        [
            .. (experts.Gated ? products : products[1..]).Select(product => new ExpertOperation(
                product.Name,
                product,
                experts,
                ProductsPerToken: experts.ExpertsPerToken / (isDivided ? 1 : Tp),
                ExpertShare: 1.0 / _instance.ExpertParallel,
                TokensPerToken: isDivided ? 1 : _instance.ExpertParallel / Tp
            )),
        ];
    }

    /// <summary>Every accelerator of the group does these on the whole hidden state.</summary>
    private IEnumerable<LayerPart> ElementwiseOfLayers()
    {
        double hidden = _model.HiddenSize;
        var bytes = _precision.HiddenState.BytesPerValue;
        var (mixers, mlps) = (_model.LayersWithMixer, _model.LayersWithMlp);
        yield return new([Rowwise("attn_norm", 7 * hidden, hidden, hidden)], mixers);
        yield return new([Rowwise("mlp_norm", 7 * hidden, hidden, hidden)], mlps);
        yield return new([Rowwise("attn_add", hidden, hidden, hidden)], mixers);
        yield return new([Rowwise("mlp_add", hidden, hidden, hidden)], mlps);
        yield return new([Rowwise("mlp_act", 2 * hidden, 2 * hidden, hidden)], mlps);
        if (_model.Recurrent is { } recurrent)
        {
            var projected = recurrent.ProjectedSize / Tp;
            var output = recurrent.OutputSize / Tp;
            yield return new(
                [
                    Rowwise("convolution", 2 * recurrent.ConvolutionTokens * projected, projected, projected),
                    Rowwise("gated_norm", 8 * output, 2 * output, output),
                ],
                recurrent.Layers
            );
        }

        TokenOperation Rowwise(string name, double ops, double input, double output) =>
            new(name, ops, 0, input * bytes, output * bytes);
    }

    private TokenOperation Projection(string name, double input, double output) =>
        Linear(name, input, output, _precision.Projections);

    /// <summary>Kernels for narrow operands write the result as the next operation takes it.</summary>
    private TokenOperation Linear(string name, double input, double output, ProductFormat format) =>
        new(
            name,
            2 * input * output,
            input * output * format.Weight.BytesPerValue,
            input * format.Activation.BytesPerValue,
            output * _precision.HiddenState.BytesPerValue
        )
        {
            Input = input,
            Output = output,
        };

    private TokenOperation ToKvCache(string name, double input, double output) =>
        Projection(name, input, output) with
        {
            ActivationOutBytesPerToken = 0,
            KvOutBytesPerToken = output * _precision.KvCache.BytesPerValue,
        };
}

/// <summary>Operations of some of the layers.</summary>
/// <param name="Operations">Those of one layer.</param>
/// <param name="Layers">How many layers.</param>
internal readonly record struct LayerPart(TokenOperation[] Operations, int Layers);
