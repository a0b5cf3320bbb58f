namespace LlmSim.Performance.Measured;

/// <summary>What an iteration takes apart from attention: a function of its tokens and one of its requests.</summary>
internal sealed class LayerTimes
{
    /// <summary>These are the same on every accelerator of a group, and measured once.</summary>
    private static readonly string[] s_undivided = ["layernorm", "qk_norm", "final_layernorm", "sampler"];

    private readonly (Curve Curve, int Runs)[] _byTokens;
    private readonly Curve[] _bySequences;
    private readonly Collectives _collectives;
    private readonly ExpertTime? _experts;
    private readonly int _allReduces;

    public LayerTimes(
        MeasuredProfile profile,
        ModelDescription model,
        Precision precision,
        InstanceSpec instance
    )
    {
        var find = new LayerFinder(profile, instance.TpSize, s_undivided);
        var layers = model.Layers;
        var denseLayers = layers - model.ExpertLayers;
        List<(Curve, int)> byTokens =
        [
            (find.Dense("embedding"), 1),
            (find.Dense("layernorm"), 2 * layers),
            (find.Dense("qkv_proj"), layers),
            (find.Dense("rotary_emb"), layers),
            (find.Dense("o_proj"), layers),
            (find.Dense("final_layernorm"), 1),
        ];
        if (find.OptionalDense("qk_norm") is { } queryKeyNorm)
        {
            byTokens.Add((queryKeyNorm, layers));
        }

        if (denseLayers > 0)
        {
            byTokens.Add((find.Dense("gate_up_proj"), denseLayers));
            byTokens.Add((find.Dense("act_fn"), denseLayers));
            byTokens.Add((find.Dense("down_proj"), denseLayers));
        }

        _byTokens = [.. byTokens];
        _bySequences = [find.PerSequence("lm_head"), find.PerSequence("sampler")];
        _collectives = new(model, precision, instance);
        _allReduces = layers + denseLayers;
        if (model.MixtureOfExperts is { } experts)
        {
            _experts = new(
                find.Experts(),
                experts,
                model.ExpertLayers,
                instance.ExpertParallel,
                _collectives
            );
        }
    }

    /// <summary>The most tokens that everything was measured for.</summary>
    public int LastTokens => _byTokens.Min(layer => layer.Curve.Last);

    /// <summary>The most tokens that experts were measured for; 0 without any.</summary>
    public int LastExpertTokens => _experts?.LastTokens ?? 0;

    /// <summary>The most requests that lm_head and sampler were measured for.</summary>
    public int LastSequences => _bySequences.Min(curve => curve.Last);

    /// <summary>Seconds of what is computed for the tokens of the instance, experts apart.</summary>
    public double TokenSeconds(int tokens)
    {
        var seconds =
            _allReduces * _collectives.AllReduceSeconds(tokens) + (_experts?.ExchangeSeconds(tokens) ?? 0);
        foreach (var (curve, runs) in _byTokens)
        {
            seconds += runs * curve.Seconds(tokens);
        }

        return seconds;
    }

    /// <summary>Seconds of the experts, for the tokens of all instances that share them.</summary>
    public double ExpertSeconds(int tokens) => _experts?.Seconds(tokens) ?? 0;

    /// <summary>Nothing is sampled where there is no request.</summary>
    public double SequenceSeconds(int requests) =>
        requests == 0 ? 0 : _bySequences[0].Seconds(requests) + _bySequences[1].Seconds(requests);
}
