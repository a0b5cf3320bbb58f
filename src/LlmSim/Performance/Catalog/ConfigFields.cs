namespace LlmSim.Performance.Catalog;

/// <summary>The fields of a config.json under their usual names, whatever the family calls them.</summary>
internal sealed class ConfigFields(JsonFields fields, JsonFields outer, ModelRules rules)
{
    private static readonly FigureRange s_layersOrHeads = new(1, 10_000);
    private static readonly FigureRange s_tokens = new(1, int.MaxValue);
    private static readonly FigureRange s_widths = new(1, 10_000_000);

    /// <summary>Width of a head, or of a part of one.</summary>
    public static FigureRange HeadWidth { get; } = new(1, 100_000);

    /// <summary>Experts of a layer.</summary>
    public static FigureRange Experts { get; } = new(1, 100_000);

    public bool Has(string field) => fields.Has(Own(field));

    public bool IsOn(string field) => fields.IsOn(Own(field));

    public bool IsList(string field) => fields.IsList(Own(field));

    public int PositiveInt(string field) => PositiveInt(field, Range(field));

    public int PositiveInt(string field, FigureRange range)
    {
        var own = Own(field);
        if (!fields.Has(own) && rules.Absent.TryGetValue(field, out var absent))
        {
            return absent;
        }

        var value = fields.IsList(own) ? SameInAllLayers(own) : fields.PositiveInt(own);
        return range.Contains(value)
            ? value
            : throw fields.Error(own, $"{value} where a whole number {range} is expected.");
    }

    public int PositiveInt(string field, int absent) => Has(field) ? PositiveInt(field) : absent;

    /// <summary>A whole number from 0; 0 where the field is absent.</summary>
    public int Count(string field) => IsList(field) ? SameInAllLayers(Own(field)) : fields.Count(Own(field));

    /// <summary>Whether the field is a number below 0.</summary>
    public bool IsNegative(string field) => fields.IsNegative(Own(field));

    /// <summary>Length of a pattern of layers that is given as a number or, like LLLG, with a letter a layer.</summary>
    public int PatternLength(string field, int absent) =>
        fields.IsText(Own(field)) ? Text(field).Length : PositiveInt(field, absent);

    public bool Flag(string field, bool absent) => fields.Flag(Own(field), absent);

    /// <summary>A flag that may stand beside the object of the text model as well as in it.</summary>
    public bool FlagHereOrOutside(string field, bool absent) => fields.Flag(field, outer.Flag(field, absent));

    public int[] IntList(string field) => Has(field) ? fields.IntList(Own(field)) : [];

    public string[] TextList(string field) => fields.TextList(Own(field));

    public string Text(string field) => fields.Text(Own(field));

    public IReadOnlyList<JsonFields> ObjectList(string field) => fields.ObjectList(Own(field));

    public bool IsObject(string field) => fields.IsObject(Own(field));

    public JsonFields Object(string field) => fields.Object(Own(field));

    public UserErrorException Error(string field, string message) => fields.Error(Own(field), message);

    private string Own(string field) =>
        rules.Names.TryGetValue(field, out var names) ? Array.Find(names, fields.Has) ?? names[0] : field;

    /// <summary>
    /// Far above those of any model: a wrong figure should not make a run without end. Heads times the width of a head, and layers times
    /// experts, stay within 31 bits.
    /// </summary>
    private static FigureRange Range(string field) =>
        field switch
        {
            "num_hidden_layers" or "num_attention_heads" or "num_key_value_heads" => s_layersOrHeads,
            "head_dim" or "qk_rope_head_dim" or "qk_nope_head_dim" or "v_head_dim" => HeadWidth,
            "max_position_embeddings" or "model_max_length" or "sliding_window" => s_tokens,
            _ => s_widths,
        };

    /// <summary>Some families give a number for each layer.</summary>
    private int SameInAllLayers(string own)
    {
        var values = fields.IntList(own);
        return values.Distinct().ToArray() is [> 0 and var value]
            ? value
            : throw fields.Error(own, "layers that differ in it are not simulated yet.");
    }
}
