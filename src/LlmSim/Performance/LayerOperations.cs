namespace LlmSim.Performance;

/// <summary>The operations of one layer, attention and communication apart, as one accelerator of a tensor-parallel group sees them.</summary>
internal static class LayerOperations
{
    /// <summary>Operations in the order in which the table lists them.</summary>
    public static (TokenOperation[] Linear, TokenOperation[] Elementwise) Of(
        ModelDescription model,
        Precision precision,
        int tpSize
    )
    {
        var linear = model.Family switch
        {
            ModelFamily.Llama => Llama(model, precision, tpSize),
            ModelFamily.Gpt2 => Gpt2(model, precision, tpSize),
            _ => throw new ArgumentOutOfRangeException(nameof(model), model.Family, "unknown family"),
        };
        return (linear, Elementwise(model.HiddenSize, precision.ActivationBytes()));
    }

    private static TokenOperation[] Llama(ModelDescription model, Precision precision, int tpSize)
    {
        double hidden = model.HiddenSize;
        var query = (double)model.AttentionHeads * model.HeadSize / tpSize;
        var keyValue = (double)model.KvHeads * model.HeadSize / tpSize;
        var intermediate = (double)model.IntermediateSize / tpSize;
        return
        [
            Linear("q_proj", hidden, query, precision),
            ToKvCache("k_proj", hidden, keyValue, precision),
            ToKvCache("v_proj", hidden, keyValue, precision),
            Linear("out_proj", query, hidden, precision),
            Linear("gate_proj", hidden, intermediate, precision),
            Linear("up_proj", hidden, intermediate, precision),
            Linear("down_proj", intermediate, hidden, precision),
        ];
    }

    /// <summary>One matrix makes queries, keys and values, so what it writes counts as activations, the KV cache included.</summary>
    private static TokenOperation[] Gpt2(ModelDescription model, Precision precision, int tpSize)
    {
        double hidden = model.HiddenSize;
        var intermediate = (double)model.IntermediateSize / tpSize;
        return
        [
            Linear("c_attn", hidden, 3 * hidden / tpSize, precision),
            Linear("c_proj", hidden / tpSize, hidden, precision),
            Linear("c_fc", hidden, intermediate, precision),
            Linear("c_proj_mlp", intermediate, hidden, precision),
        ];
    }

    /// <summary>Every accelerator of the group does these on the whole hidden state.</summary>
    private static TokenOperation[] Elementwise(double hidden, double bytes) =>
        [
            new("attn_norm", 7 * hidden, 0, hidden * bytes, hidden * bytes),
            new("mlp_norm", 7 * hidden, 0, hidden * bytes, hidden * bytes),
            new("attn_add", hidden, 0, hidden * bytes, hidden * bytes),
            new("mlp_add", hidden, 0, hidden * bytes, hidden * bytes),
            new("mlp_act", 2 * hidden, 0, 2 * hidden * bytes, hidden * bytes),
        ];

    private static TokenOperation Linear(string name, double input, double output, Precision precision) =>
        new(
            name,
            2 * input * output,
            input * output * precision.WeightBytes(),
            input * precision.ActivationBytes(),
            output * precision.ActivationBytes()
        );

    private static TokenOperation ToKvCache(string name, double input, double output, Precision precision) =>
        Linear(name, input, output, precision) with
        {
            ActivationOutBytesPerToken = 0,
            KvOutBytesPerToken = output * precision.KvBytes(),
        };
}
