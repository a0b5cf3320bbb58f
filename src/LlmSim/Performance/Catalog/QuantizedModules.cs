using System.Globalization;

namespace LlmSim.Performance.Catalog;

/// <summary>The format of a module's weights and activations; null where it is not converted.</summary>
/// <param name="module">Its name, such as "model.layers.0.self_attn.q_proj".</param>
/// <param name="byName">Whether only what the config names counts, not what it says of all modules of a kind.</param>
internal delegate ProductFormat? ModuleFormat(string module, bool byName);

/// <summary>
/// The formats of the operands of a model, from those of its modules. Where modules of one operand differ, most weights decide on
/// the rate, and the bytes are those of all.
/// </summary>
internal sealed class QuantizedModules(
    ModelDescription model,
    ModuleFormat formatOf,
    Predicate<string> mentions
)
{
    private static readonly string[] s_layers =
    [
        "model.layers",
        "layers",
        "language_model.model.layers",
        "model.language_model.layers",
        "backbone.layers",
        "transformer.h",
        "model.decoder.layers",
    ];

    private static readonly string[] s_lmHeads =
    [
        "lm_head",
        "language_model.lm_head",
        "model.lm_head",
        "head",
    ];

    /// <summary>The precision; the router stays as it is, because engines do not convert it.</summary>
    public Precision Resolve()
    {
        var dense = Enumerable.Range(0, model.Layers - model.ExpertLayers).ToArray();
        var sparse = Enumerable.Range(dense.Length, model.ExpertLayers).ToArray();
        long hidden = model.HiddenSize;
        var experts = model.MixtureOfExperts;
        return new Precision() with
        {
            Projections = Projections([.. dense, .. sparse]),
            Mlp = Format(dense, GatedMlp(hidden * model.IntermediateSize, "mlp", "feed_forward", "ffn")),
            Experts = Format(
                sparse,
                Experts(hidden * (experts?.Experts ?? 0) * (experts?.ExpertIntermediateSize ?? 0))
            ),
            SharedExperts = Format(
                experts is { SharedIntermediateSize: > 0 } ? sparse : [],
                GatedMlp(
                    hidden * (experts?.SharedIntermediateSize ?? 0),
                    "mlp.shared_experts",
                    "mlp.shared_expert",
                    "feed_forward.shared_expert",
                    "ffn.shared_experts"
                )
            ),
            LmHead =
                s_lmHeads
                    .Select(name => formatOf(name, byName: true))
                    .FirstOrDefault(found => found is not null)
                ?? ProductFormat.SixteenBit,
        };
    }

    /// <summary>Those of layers with attention and those of layers with a state, by their parameters.</summary>
    private ProductFormat Projections(int[] layers)
    {
        if (model.Recurrent is not { } recurrent)
        {
            return Format(layers, Attention());
        }

        var states = recurrent.Indices.Count > 0 ? [.. recurrent.Indices] : layers;
        var attention = recurrent.Indices.Count > 0 ? [.. layers.Except(states)] : layers;
        long hidden = model.HiddenSize;
        var formats = Formats(attention, Attention());
        foreach (
            var (format, parameters) in Formats(
                states,
                [
                    (
                        hidden * recurrent.ProjectedSize,
                        [
                            "linear_attn.in_proj_qkv",
                            "linear_attn.in_proj_qkvz",
                            "mixer.in_proj",
                            "mamba.in_proj",
                        ]
                    ),
                    (
                        hidden * recurrent.OutputSize,
                        ["linear_attn.out_proj", "mixer.out_proj", "mamba.out_proj"]
                    ),
                ]
            )
        )
        {
            formats[format] = formats.GetValueOrDefault(format) + parameters;
        }

        return Merge(formats);
    }

    private (long Parameters, string[] Names)[] Attention()
    {
        long hidden = model.HiddenSize;
        var query = (long)model.AttentionHeads * model.HeadSize;
        if (model.LatentAttention is { } latent)
        {
            var value = (long)model.AttentionHeads * latent.ValueHeadSize;
            var up =
                (long)latent.KvRank * model.AttentionHeads * (latent.NopeHeadSize + latent.ValueHeadSize);
            return
            [
                latent.QueryRank == 0
                    ? (hidden * query, ["self_attn.q_proj", "attn.wq"])
                    : (latent.QueryRank * (hidden + query), ["self_attn.q_b_proj", "attn.wq_b"]),
                (hidden * latent.CachedSize, ["self_attn.kv_a_proj_with_mqa", "attn.wkv_a"]),
                (up, ["self_attn.kv_b_proj", "attn.wkv_b"]),
                (value * hidden, ["self_attn.o_proj", "attn.wo"]),
            ];
        }

        var keyValue = (long)model.KvHeads * model.HeadSize;
        return
        [
            (
                hidden * query,
                ["self_attn.q_proj", "self_attn.qkv_proj", "attn.wq", "attn.c_attn", "mixer.q_proj"]
            ),
            (
                hidden * keyValue,
                ["self_attn.k_proj", "self_attn.qkv_proj", "attn.wk", "attn.c_attn", "mixer.k_proj"]
            ),
            (
                hidden * keyValue,
                ["self_attn.v_proj", "self_attn.qkv_proj", "attn.wv", "attn.c_attn", "mixer.v_proj"]
            ),
            (query * hidden, ["self_attn.o_proj", "attn.wo", "attn.c_proj", "mixer.o_proj"]),
        ];
    }

    private static (long Parameters, string[] Names)[] GatedMlp(long parameters, params string[] modules) =>
        [
            (parameters, [.. modules.SelectMany(module => Names(module, "gate_proj", "gate_up_proj", "w1"))]),
            (parameters, [.. modules.SelectMany(module => Names(module, "up_proj", "gate_up_proj", "w3"))]),
            (parameters, [.. modules.SelectMany(module => Names(module, "down_proj", "w2"))]),
        ];

    private static (long Parameters, string[] Names)[] Experts(long parameters) =>
        GatedMlp(
            parameters,
            "mlp.experts.0",
            "mlp.experts",
            "block_sparse_moe.experts.0",
            "block_sparse_moe.experts",
            "feed_forward.experts",
            "ffn.experts.0",
            "mixer.experts.0",
            "moe.experts",
            "experts"
        );

    private static IEnumerable<string> Names(string module, params string[] matrices) =>
        matrices.Select(matrix => $"{module}.{matrix}");

    private ProductFormat Format(int[] layers, (long Parameters, string[] Names)[] matrices) =>
        Merge(Formats(layers, matrices));

    private Dictionary<ProductFormat, long> Formats(
        int[] layers,
        (long Parameters, string[] Names)[] matrices
    )
    {
        var parametersOf = new Dictionary<ProductFormat, long>();
        var roots = s_layers.Where((root, index) => index < 2 || mentions(root)).ToArray();
        foreach (var (parameters, names) in matrices)
        {
            // The first name is the usual one; others matter where the config has their module.
            var aliases = names
                .Where(
                    (name, index) =>
                        index == 0 || mentions(name[..name.IndexOf('.', StringComparison.Ordinal)])
                )
                .ToArray();
            foreach (var layer in layers)
            {
                var format = Find(roots, layer, aliases);
                parametersOf[format] = parametersOf.GetValueOrDefault(format) + parameters;
            }
        }

        return parametersOf;
    }

    /// <summary>A name that the config singles out decides; a module that any of its names keeps is kept.</summary>
    private ProductFormat Find(string[] roots, int layer, string[] aliases)
    {
        ProductFormat? format = null;
        foreach (var root in roots)
        {
            foreach (var alias in aliases)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{root}.{layer}.{alias}");
                if (formatOf(name, byName: true) is { } named)
                {
                    return named;
                }

                var found = formatOf(name, byName: false) ?? ProductFormat.SixteenBit;
                format = format is null || found == ProductFormat.SixteenBit ? found : format;
            }
        }

        return format ?? ProductFormat.SixteenBit;
    }

    private static ProductFormat Merge(Dictionary<ProductFormat, long> parametersOf)
    {
        if (parametersOf.Count == 0)
        {
            return ProductFormat.SixteenBit;
        }

        var (most, parameters) = parametersOf.MaxBy(entry => entry.Value);
        if (parametersOf.Count == 1)
        {
            return most;
        }

        double all = parametersOf.Values.Sum();
        var rest = parametersOf.Keys.Where(format => format != most).Select(format => format.Weight.Name);
        return most with
        {
            Weight = most.Weight with
            {
                StoredBits = parametersOf.Sum(entry => entry.Value * entry.Key.Weight.StoredBits) / all,
                Scales = string.Create(
                    CultureInfo.InvariantCulture,
                    $"{100 * parameters / all:0.#} % of them, the rest {string.Join(" and ", rest.Distinct())}"
                ),
            },
        };
    }
}
