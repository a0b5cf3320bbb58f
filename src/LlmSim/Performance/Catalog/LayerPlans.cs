namespace LlmSim.Performance.Catalog;

/// <summary>How families state which layers differ.</summary>
internal static partial class LayerPlans
{
    private const string LayerTypes = "layer_types";

    private static readonly (string, string, string, string, string) s_nemotronNames = (
        "mamba_num_heads",
        "mamba_head_dim",
        "ssm_state_size",
        "n_groups",
        "conv_kernel"
    );

    private static readonly (string, string, string, string, string) s_bambaNames = (
        "mamba_n_heads",
        "mamba_d_head",
        "mamba_d_state",
        "mamba_n_groups",
        "mamba_d_conv"
    );

    /// <summary>Qwen3-Next, Qwen3.5: layers of linear attention, and every n-th full attention with a gate behind it.</summary>
    public static LayerPlan Qwen(ConfigFields fields, LayerPlan plan)
    {
        var layers = plan.Attention.Layers;
        var interval = fields.PositiveInt("full_attention_interval", absent: 4);
        int[] linear = fields.Has(LayerTypes)
            ? IndicesOf('l', Types(fields, layers, "linear_attention", "full_attention"))
            : [.. Enumerable.Range(0, layers).Where(layer => (layer + 1) % interval != 0)];
        // The config of Qwen3-Next does not name the gate.
        plan = plan with
        {
            Attention = plan.Attention with { HasOutputGate = fields.Flag("attn_output_gate", absent: true) },
        };
        return WithRecurrent(
            fields,
            plan,
            RecurrentShapes.GatedDelta(fields, linear.Length) with
            {
                Indices = linear,
            }
        );
    }

    /// <summary>Kimi Linear lists the layers from 1.</summary>
    public static LayerPlan KimiLinear(ConfigFields fields, LayerPlan plan)
    {
        const string Config = "linear_attn_config";
        var linear = fields.Object(Config);
        var layers = linear.IntList("kda_layers").Length;
        return WithRecurrent(fields, plan, RecurrentShapes.KimiDelta(linear, layers), Config);
    }

    /// <summary>MiniMax-01, M1 and M2: 1 is full attention, 0 linear.</summary>
    public static LayerPlan MiniMax(ConfigFields fields, LayerPlan plan)
    {
        const string Kinds = "attn_type_list";
        var linear = fields.Has(LayerTypes)
            ? Types(fields, plan.Attention.Layers, "linear_attention", "full_attention")
                .Count(type => type[0] == 'l')
            : fields.IntList(Kinds).Count(kind => kind == 0);
        return linear == 0
            ? plan
            : WithRecurrent(fields, plan, RecurrentShapes.Lightning(plan.Attention, linear), Kinds);
    }

    /// <summary>Nemotron-H: each layer is one of a state-space model, attention, experts or an MLP, by a letter or a word.</summary>
    public static LayerPlan NemotronH(ConfigFields fields, LayerPlan plan)
    {
        var kinds = NemotronKinds(fields);
        var (mamba, attention, withoutMlp) = (
            kinds.Count(kind => kind == 'M'),
            kinds.Count(kind => kind == '*'),
            kinds.Count(kind => kind is 'M' or '*')
        );
        return attention == 0 || mamba == 0
            ? throw fields.Error(
                NemotronPattern(fields),
                "models without attention, or without a state, are not simulated yet."
            )
            : plan with
            {
                Attention = plan.Attention with { Layers = attention },
                Recurrent = RecurrentShapes.Mamba2(fields, mamba, s_nemotronNames) with
                {
                    Indices = [.. Enumerable.Range(0, kinds.Length).Where(layer => kinds[layer] == 'M')],
                },
                LayersWithoutMlp = withoutMlp,
            };
    }

    /// <summary>Whether a layer of Nemotron-H has experts.</summary>
    public static bool IsNemotronExpert(ConfigFields fields, int layer) =>
        NemotronKinds(fields).ElementAtOrDefault(layer) == 'E';

    /// <summary>Layers of Nemotron-H: newer configs do not repeat their number.</summary>
    public static int NemotronLayers(ConfigFields fields) => NemotronKinds(fields).Length;

    /// <summary>Granite 4: a word for each layer.</summary>
    public static LayerPlan Granite(ConfigFields fields, LayerPlan plan)
    {
        var mamba = Types(fields, plan.Attention.Layers, "mamba", "attention").Count(type => type[0] == 'm');
        return mamba == 0
            ? plan
            : WithRecurrent(fields, plan, RecurrentShapes.Mamba2(fields, mamba, s_bambaNames));
    }

    /// <summary>Bamba lists the layers with attention.</summary>
    public static LayerPlan Bamba(ConfigFields fields, LayerPlan plan)
    {
        const string Indices = "attn_layer_indices";
        var mamba = plan.Attention.Layers - fields.IntList(Indices).Length;
        return WithRecurrent(fields, plan, RecurrentShapes.Mamba2(fields, mamba, s_bambaNames), Indices);
    }

    /// <summary>Jamba: attention in every n-th layer from an offset.</summary>
    public static LayerPlan Jamba(ConfigFields fields, LayerPlan plan)
    {
        const string Period = "attn_layer_period";
        var (period, offset) = (fields.PositiveInt(Period), fields.Count("attn_layer_offset"));
        var mamba = Enumerable.Range(0, plan.Attention.Layers).Count(layer => layer % period != offset);
        return WithRecurrent(
            fields,
            plan,
            RecurrentShapes.Mamba1(fields, mamba, fields.PositiveInt("hidden_size")),
            Period
        );
    }

    /// <summary>Whether a layer of Jamba has experts.</summary>
    public static bool IsJambaExpert(ConfigFields fields, int layer) =>
        layer % fields.PositiveInt("expert_layer_period", absent: 1) == fields.Count("expert_layer_offset");

    /// <summary>Falcon-H1: each layer has both, side by side.</summary>
    public static LayerPlan FalconH1(ConfigFields fields, LayerPlan plan) =>
        plan with
        {
            Recurrent = RecurrentShapes.Mamba2(fields, plan.Attention.Layers, s_bambaNames) with
            {
                IsBesideAttention = true,
            },
        };

    private static int[] IndicesOf(char first, string[] types) =>
        [.. Enumerable.Range(0, types.Length).Where(layer => types[layer][0] == first)];

    /// <summary>Words that stand for the layers, each one of the allowed.</summary>
    private static string[] Types(ConfigFields fields, int layers, params string[] allowed)
    {
        var types = fields.TextList(LayerTypes);
        return Array.Find(types, type => !allowed.Contains(type)) is { } other
                ? throw fields.Error(LayerTypes, $"layers of type '{other}' are not simulated yet.")
            : types.Length == layers ? types
            : throw fields.Error(LayerTypes, $"{types.Length} types for {layers} layers.");
    }

    private static LayerPlan WithRecurrent(
        ConfigFields fields,
        LayerPlan plan,
        RecurrentLayers recurrent,
        string field = LayerTypes
    ) =>
        recurrent.Layers > 0 && recurrent.Layers < plan.Attention.Layers
            ? plan.WithRecurrent(recurrent)
            : throw fields.Error(
                field,
                $"{recurrent.Layers} of {plan.Attention.Layers} layers have a state in the place of attention; allowed are 1 to {plan.Attention.Layers - 1}."
            );

    private static string NemotronPattern(ConfigFields fields) =>
        fields.Has("layers_block_type") ? "layers_block_type" : "hybrid_override_pattern";

    private static char[] NemotronKinds(ConfigFields fields)
    {
        var pattern = NemotronPattern(fields);
        var kinds = fields.IsList(pattern)
            ? fields
                .TextList(pattern)
                .Select(word =>
                    word switch
                    {
                        "mamba" => 'M',
                        "attention" => '*',
                        "moe" => 'E',
                        "mlp" => '-',
                        _ => throw fields.Error(pattern, $"layers of type '{word}' are not simulated yet."),
                    }
                )
                .ToArray()
            : fields.Text(pattern).ToCharArray();
        return Array.Find(kinds, kind => kind is not ('M' or '*' or 'E' or '-')) is var other and not '\0'
            ? throw fields.Error(pattern, $"layers of type '{other}' are not simulated yet.")
            : kinds;
    }
}
