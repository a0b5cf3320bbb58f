namespace LlmSim.Performance.Catalog;

/// <summary>
/// Models of a neural architecture search (Nemotron-NAS, DeciLM) say of each layer how its KV heads are shared and how wide its MLP is,
/// or that it has none.
/// </summary>
internal static class BlockConfigs
{
    private const string Field = "block_configs";

    /// <summary>Query heads of a KV head in most layers.</summary>
    public static int KvHeads(ConfigFields fields, int heads) =>
        heads / Most(Blocks(fields).Select(block => HeadsOfGroup(block, heads)).OfType<int>());

    /// <summary>What the layers have.</summary>
    public static LayerPlan Plan(ConfigFields fields, LayerPlan plan)
    {
        var blocks = Blocks(fields);
        if (blocks.Count != plan.Attention.Layers)
        {
            throw fields.Error(Field, $"{blocks.Count} blocks for {plan.Attention.Layers} layers.");
        }

        var heads = plan.Attention.Heads;
        var groups = blocks
            .Select(block => HeadsOfGroup(block, heads))
            .OfType<int>()
            .GroupBy(size => size)
            .Select(group => plan.Attention with { Layers = group.Count(), KvHeads = heads / group.Key })
            .OrderByDescending(group => group.Layers)
            .ToArray();
        var hidden = fields.PositiveInt("hidden_size");
        var widths = blocks
            .Select(block => Width(block, hidden))
            .OfType<int>()
            .GroupBy(width => width)
            .Select(group => new MlpGroup(group.Count(), group.Key))
            .OrderByDescending(group => group.Layers)
            .ToArray();
        return groups.Length == 0 || widths.Length == 0
            ? throw fields.Error(Field, "no layer has attention, or none an MLP.")
            : plan with
            {
                Attention = groups[0],
                OtherAttention = groups[1..],
                MlpWidth = widths[0].Width,
                OtherMlps = widths[1..],
                LayersWithoutMlp = blocks.Count - widths.Sum(group => group.Layers),
            };
    }

    private static IReadOnlyList<JsonFields> Blocks(ConfigFields fields) => fields.ObjectList(Field);

    private static int Most(IEnumerable<int> values) =>
        values
            .GroupBy(value => value)
            .OrderByDescending(group => group.Count())
            .Select(group => group.Key)
            .FirstOrDefault(1);

    private static int? HeadsOfGroup(JsonFields block, int heads)
    {
        const string Group = "n_heads_in_group";
        var attention = block.Object("attention");
        RequireKnown(attention);
        if (attention.Flag("no_op", absent: false))
        {
            return null;
        }

        var size = attention.PositiveInt(Group);
        return heads % size == 0
            ? size
            : throw attention.Error(Group, $"groups of {size} do not divide {heads} heads.");
    }

    /// <summary>Two thirds of four times the hidden size times the factor, in whole multiples of 256.</summary>
    private static int? Width(JsonFields block, int hidden)
    {
        const int Multiple = 256;
        var mlp = block.Object("ffn");
        RequireKnown(mlp);
        if (mlp.Flag("no_op", absent: false))
        {
            return null;
        }

        var factor = mlp.Number("ffn_mult", new(0, 1000, IsAboveLeast: true));
        var width = (int)(2 * factor * hidden / 3);
        return (width + Multiple - 1) / Multiple * Multiple;
    }

    private static void RequireKnown(JsonFields part)
    {
        foreach (var field in new[] { "replace_with_linear", "sparsify", "window_length" })
        {
            if (part.IsOn(field))
            {
                throw part.Error(field, "not simulated yet.");
            }
        }
    }
}
