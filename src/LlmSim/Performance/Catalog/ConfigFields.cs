namespace LlmSim.Performance.Catalog;

/// <summary>The fields of a config.json under their usual names, whatever the family calls them.</summary>
internal sealed class ConfigFields(JsonFields fields, JsonFields outer, ModelRules rules)
{
    public bool Has(string field) => fields.Has(Own(field));

    public bool IsOn(string field) => fields.IsOn(Own(field));

    public bool IsList(string field) => fields.IsList(Own(field));

    public int PositiveInt(string field)
    {
        var own = Own(field);
        if (!fields.Has(own) && rules.Absent.TryGetValue(field, out var absent))
        {
            return absent;
        }

        var value = fields.IsList(own) ? SameInAllLayers(own) : fields.PositiveInt(own);
        return value <= Most(field)
            ? value
            : throw fields.Error(own, $"{value} where a whole number from 1 to {Most(field)} is expected.");
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

    public double PositiveNumber(string field) => fields.PositiveNumber(Own(field));

    public bool IsObject(string field) => fields.IsObject(Own(field));

    public JsonFields Object(string field) => fields.Object(Own(field));

    public UserErrorException Error(string field, string message) => fields.Error(Own(field), message);

    private string Own(string field) =>
        rules.Names.TryGetValue(field, out var names) ? Array.Find(names, fields.Has) ?? names[0] : field;

    /// <summary>Far above those of any model: a wrong figure should not make a run without end.</summary>
    private static int Most(string field) =>
        field switch
        {
            "num_hidden_layers" or "num_attention_heads" or "num_key_value_heads" => 10_000,
            "max_position_embeddings" or "model_max_length" or "sliding_window" => int.MaxValue,
            _ => 100_000_000,
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
