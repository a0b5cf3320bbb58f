namespace LlmSim.Performance;

/// <summary>
/// The operations of one layer, attention and communication apart, as one accelerator of a tensor-parallel group sees
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
        Projections = (model.Family, model.LatentAttention) switch
        {
            (ModelFamily.Gpt2, _) => Gpt2(),
            (ModelFamily.Llama, { } latent) => Latent(latent),
            (ModelFamily.Llama, null) => Llama(),
            _ => throw new ArgumentOutOfRangeException(nameof(model), model.Family, "unknown family"),
        };
        Elementwise = ElementwiseOf(model.HiddenSize, precision.ActivationBytes());
        Mlp =
            model.Family == ModelFamily.Gpt2 ? []
            : model.GatedMlp ? GatedMlp("", model.IntermediateSize / Tp)
            : PlainMlp(model.IntermediateSize / Tp);
        if (model.MixtureOfExperts is { } experts)
        {
            BesideExperts =
            [
                Linear("router", model.HiddenSize, experts.Experts),
                .. experts.SharedIntermediateSize > 0
                    ? GatedMlp("shared_", experts.SharedIntermediateSize / Tp)
                    : [],
            ];
            Experts = Routed(experts);
        }
    }

    /// <summary>In every layer: the projections around attention; in gpt2 the MLP too.</summary>
    public TokenOperation[] Projections { get; }

    /// <summary>In layers without experts: the MLP.</summary>
    public TokenOperation[] Mlp { get; }

    /// <summary>In layers with experts: what every token passes.</summary>
    public TokenOperation[] BesideExperts { get; } = [];

    /// <summary>In layers with experts: what each token passes some of.</summary>
    public ExpertOperation[] Experts { get; } = [];

    /// <summary>In every layer.</summary>
    public TokenOperation[] Elementwise { get; }

    private double Tp => _instance.TpSize;

    private TokenOperation[] Llama()
    {
        double hidden = _model.HiddenSize;
        var query = _model.AttentionHeads * _model.HeadSize / Tp;
        var keyValue = TensorParallelism.KvHeadsEach(_model, _instance.TpSize) * _model.HeadSize;
        return
        [
            Linear("q_proj", hidden, query),
            ToKvCache("k_proj", hidden, keyValue) with
            {
                Launches = 0,
            },
            ToKvCache("v_proj", hidden, keyValue) with
            {
                Launches = 0,
            },
            Linear("out_proj", query, hidden),
        ];
    }

    /// <summary>Every accelerator makes the whole latent vector; heads are divided.</summary>
    private TokenOperation[] Latent(LatentAttention latent)
    {
        double hidden = _model.HiddenSize;
        var query = _model.AttentionHeads * _model.HeadSize / Tp;
        TokenOperation[] queries =
            latent.QueryRank == 0
                ? [Linear("q_proj", hidden, query)]
                : [Linear("q_a_proj", hidden, latent.QueryRank), Linear("q_b_proj", latent.QueryRank, query)];
        return
        [
            .. queries,
            ToKvCache("kv_a_proj", hidden, latent.CachedSize),
            Linear("out_proj", _model.AttentionHeads * latent.ValueHeadSize / Tp, hidden),
        ];
    }

    /// <summary>One matrix makes queries, keys and values, so what it writes counts as activations, the KV cache included.</summary>
    private TokenOperation[] Gpt2()
    {
        double hidden = _model.HiddenSize;
        var intermediate = _model.IntermediateSize / Tp;
        return
        [
            Linear("c_attn", hidden, 3 * hidden / Tp),
            Linear("c_proj", hidden / Tp, hidden),
            Linear("c_fc", hidden, intermediate),
            Linear("c_proj_mlp", intermediate, hidden),
        ];
    }

    private TokenOperation[] GatedMlp(string prefix, double intermediate) =>
        [
            Linear($"{prefix}gate_proj", _model.HiddenSize, intermediate),
            Linear($"{prefix}up_proj", _model.HiddenSize, intermediate) with
            {
                Launches = 0,
            },
            Linear($"{prefix}down_proj", intermediate, _model.HiddenSize),
        ];

    private TokenOperation[] PlainMlp(double intermediate) =>
        [
            Linear("up_proj", _model.HiddenSize, intermediate),
            Linear("down_proj", intermediate, _model.HiddenSize),
        ];

    /// <summary>
    /// Tensor parallelism divides every expert; expert parallelism gives each accelerator whole ones, and to those come
    /// the tokens of all the accelerators that the experts are divided over.
    /// </summary>
    private ExpertOperation[] Routed(MixtureOfExperts experts)
    {
        var isDivided = _instance.ExpertParallel == 1;
        var width = experts.ExpertIntermediateSize / (isDivided ? Tp : 1);
        return
        [
            .. GatedMlp("expert_", width)
                .Select(product => new ExpertOperation(
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
    private static TokenOperation[] ElementwiseOf(double hidden, double bytes) =>
        [
            new("attn_norm", 7 * hidden, 0, hidden * bytes, hidden * bytes),
            new("mlp_norm", 7 * hidden, 0, hidden * bytes, hidden * bytes),
            new("attn_add", hidden, 0, hidden * bytes, hidden * bytes),
            new("mlp_add", hidden, 0, hidden * bytes, hidden * bytes),
            new("mlp_act", 2 * hidden, 0, 2 * hidden * bytes, hidden * bytes),
        ];

    private TokenOperation Linear(string name, double input, double output) =>
        new(
            name,
            2 * input * output,
            input * output * _precision.WeightBytes(),
            input * _precision.ActivationBytes(),
            output * _precision.ActivationBytes()
        );

    private TokenOperation ToKvCache(string name, double input, double output) =>
        Linear(name, input, output) with
        {
            ActivationOutBytesPerToken = 0,
            KvOutBytesPerToken = output * _precision.KvBytes(),
        };
}
