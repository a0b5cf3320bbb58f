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
        Elementwise = ElementwiseOf(model.HiddenSize, precision.HiddenState.BytesPerValue);
        var mlpWidth = model.IntermediateSize / Tp;
        Mlp =
            model.Family == ModelFamily.Gpt2 ? PlainMlp("c_fc", "c_proj_mlp", mlpWidth)
            : model.GatedMlp ? GatedMlp("", mlpWidth, precision.Mlp)
            : PlainMlp("up_proj", "down_proj", mlpWidth);
        if (model.MixtureOfExperts is { } experts)
        {
            Router = [Linear("router", model.HiddenSize, experts.Experts, precision.Router)];
            SharedExperts =
                experts.SharedIntermediateSize > 0
                    ? GatedMlp("shared_", experts.SharedIntermediateSize / Tp, precision.SharedExperts)
                    : [];
            Experts = Routed(experts);
        }
    }

    /// <summary>In every layer: the projections around attention.</summary>
    public TokenOperation[] Projections { get; }

    /// <summary>In layers without experts: the MLP.</summary>
    public TokenOperation[] Mlp { get; }

    /// <summary>In layers with experts: what chooses them.</summary>
    public TokenOperation[] Router { get; } = [];

    /// <summary>In layers with experts: those that every token passes.</summary>
    public TokenOperation[] SharedExperts { get; } = [];

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
            Projection("q_proj", hidden, query),
            ToKvCache("k_proj", hidden, keyValue) with
            {
                Launches = 0,
            },
            ToKvCache("v_proj", hidden, keyValue) with
            {
                Launches = 0,
            },
            Projection("out_proj", query, hidden),
        ];
    }

    /// <summary>Every accelerator makes the whole latent vector; heads are divided.</summary>
    private TokenOperation[] Latent(LatentAttention latent)
    {
        double hidden = _model.HiddenSize;
        var query = _model.AttentionHeads * _model.HeadSize / Tp;
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
            Projection("out_proj", _model.AttentionHeads * latent.ValueHeadSize / Tp, hidden),
        ];
    }

    /// <summary>One matrix makes queries, keys and values, so what it writes counts as activations, the KV cache included.</summary>
    private TokenOperation[] Gpt2()
    {
        double hidden = _model.HiddenSize;
        return [Projection("c_attn", hidden, 3 * hidden / Tp), Projection("c_proj", hidden / Tp, hidden)];
    }

    private TokenOperation[] GatedMlp(string prefix, double intermediate, ProductFormat format) =>
        [
            Linear($"{prefix}gate_proj", _model.HiddenSize, intermediate, format),
            Linear($"{prefix}up_proj", _model.HiddenSize, intermediate, format) with
            {
                Launches = 0,
            },
            Linear($"{prefix}down_proj", intermediate, _model.HiddenSize, format),
        ];

    private TokenOperation[] PlainMlp(string up, string down, double intermediate) =>
        [
            Linear(up, _model.HiddenSize, intermediate, _precision.Mlp),
            Linear(down, intermediate, _model.HiddenSize, _precision.Mlp),
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
            .. GatedMlp("expert_", width, _precision.Experts)
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
        );

    private TokenOperation ToKvCache(string name, double input, double output) =>
        Projection(name, input, output) with
        {
            ActivationOutBytesPerToken = 0,
            KvOutBytesPerToken = output * _precision.KvCache.BytesPerValue,
        };
}
