namespace LlmSim.Performance.Catalog;

/// <summary>How families state the shapes of layers with a state, and what parameters these have beside their projections.</summary>
internal static class RecurrentShapes
{
    /// <summary>Gated DeltaNet (Qwen3-Next, Qwen3.5): fewer heads for queries and keys than for values.</summary>
    public static RecurrentLayers GatedDelta(ConfigFields fields, int layers)
    {
        var heads = Heads(fields, "linear_num_value_heads");
        var columns = fields.PositiveInt("linear_value_head_dim", ConfigFields.HeadWidth);
        var rows = fields.PositiveInt("linear_key_head_dim", ConfigFields.HeadWidth);
        var keys = checked(Heads(fields, "linear_num_key_heads") * rows);
        var values = checked(heads * columns);
        var kernel = fields.PositiveInt("linear_conv_kernel_dim", ConfigFields.Experts);
        var channels = 2 * keys + values;
        return new()
        {
            Layers = layers,
            Heads = heads,
            StateRows = rows,
            StateColumns = columns,
            ConvolutionChannels = channels,
            ConvolutionTokens = kernel,
            // Queries, keys, values and their gate; decay and strength of each head.
            ProjectedSize = channels + values + 2 * heads,
            OutputSize = values,
            OtherParameters = (long)channels * kernel + 2 * heads + columns,
            StateBytesPerValue = StateBytes(fields, "mamba_ssm_dtype"),
        };
    }

    /// <summary>Kimi Delta Attention: a decay for each channel of a key, through a narrow projection.</summary>
    public static RecurrentLayers KimiDelta(JsonFields fields, int layers)
    {
        var heads = fields.PositiveInt("num_heads");
        var size = fields.PositiveInt("head_dim");
        var kernel = fields.PositiveInt("short_conv_kernel_size");
        var width = checked(heads * size);
        return new()
        {
            Layers = layers,
            Heads = heads,
            StateRows = size,
            StateColumns = size,
            ConvolutionChannels = 3 * width,
            ConvolutionTokens = kernel,
            // Queries, keys and values; the narrow inputs of decay and gate; the strength of each head.
            ProjectedSize = 3 * width + 2 * size + heads,
            OutputSize = width,
            OtherParameters = 2L * size * width + 3L * width * kernel + width + heads + size,
        };
    }

    /// <summary>Lightning attention (MiniMax-01, M1): a fixed decay for each head.</summary>
    public static RecurrentLayers Lightning(AttentionGroup group, int layers)
    {
        var width = checked(group.Heads * group.HeadSize);
        return new()
        {
            Layers = layers,
            Heads = group.Heads,
            StateRows = group.HeadSize,
            StateColumns = group.HeadSize,
            ConvolutionChannels = 0,
            ConvolutionTokens = 0,
            ProjectedSize = 4 * width,
            OutputSize = width,
            OtherParameters = width,
        };
    }

    /// <summary>Mamba-2: heads with a scalar decay; keys and queries are shared by groups of heads.</summary>
    public static RecurrentLayers Mamba2(
        ConfigFields fields,
        int layers,
        (string Heads, string HeadSize, string State, string Groups, string Kernel) names
    )
    {
        var heads = Heads(fields, names.Heads);
        var size = fields.PositiveInt(names.HeadSize, ConfigFields.HeadWidth);
        var state = fields.PositiveInt(names.State, ConfigFields.HeadWidth);
        var groups = fields.PositiveInt(names.Groups, ConfigFields.Experts);
        var kernel = fields.PositiveInt(names.Kernel, ConfigFields.Experts);
        var inner = checked(heads * size);
        var channels = checked(inner + 2 * groups * state);
        return new()
        {
            Layers = layers,
            Heads = heads,
            StateRows = state,
            StateColumns = size,
            ConvolutionChannels = channels,
            ConvolutionTokens = kernel,
            // What goes through the convolution, a gate, and the step of each head.
            ProjectedSize = inner + channels + heads,
            OutputSize = inner,
            OtherParameters = (long)channels * (kernel + 1) + 3 * heads + inner,
            StateBytesPerValue = StateBytes(fields, "mamba_ssm_cache_dtype"),
            ChunkTokens = fields.Has("chunk_size") ? fields.PositiveInt("chunk_size") : 256,
        };
    }

    /// <summary>Mamba-1 (Jamba): a state for each channel, scanned token by token.</summary>
    public static RecurrentLayers Mamba1(ConfigFields fields, int layers, int hidden)
    {
        const int ChannelsOfBlock = 64;
        var state = fields.PositiveInt("mamba_d_state", ConfigFields.HeadWidth);
        var kernel = fields.PositiveInt("mamba_d_conv", ConfigFields.Experts);
        var rank = fields.PositiveInt("mamba_dt_rank", absent: (hidden + 15) / 16);
        var inner = checked(fields.PositiveInt("mamba_expand", ConfigFields.Experts) * hidden);
        return new()
        {
            Layers = layers,
            // Channels are alike; as many as a kernel takes at a time count as a head.
            Heads = Math.Max(1, inner / ChannelsOfBlock),
            StateRows = state,
            StateColumns = Math.Min(inner, ChannelsOfBlock),
            ConvolutionChannels = inner,
            ConvolutionTokens = kernel,
            ProjectedSize = 2 * inner,
            OutputSize = inner,
            OtherParameters =
                (long)inner * (kernel + 1)
                + (long)inner * (rank + 2 * state)
                + (long)rank * inner
                + inner
                + (long)inner * state
                + inner
                + rank
                + 2 * state,
        };
    }

    private static int Heads(ConfigFields fields, string field) =>
        fields.PositiveInt(field, ConfigFields.Experts);

    private static int StateBytes(ConfigFields fields, string field) =>
        fields.Has(field) && fields.Text(field) is "bfloat16" or "float16" ? 2 : sizeof(float);
}
