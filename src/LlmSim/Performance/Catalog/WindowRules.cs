namespace LlmSim.Performance.Catalog;

/// <summary>Which layers of a family see the last tokens of a context only.</summary>
internal sealed record WindowRules
{
    /// <summary>Name of the tokens that they see.</summary>
    public string Size { get; init; } = "sliding_window";

    /// <summary>Whether the window is on where use_sliding_window is not there.</summary>
    public bool IsOnWithoutSwitch { get; init; } = true;

    /// <summary>Whether a layer has the window, by its index, where there is no list of layer_types.</summary>
    public Func<ConfigFields, int, bool> IsWindowed { get; init; } = (_, _) => true;

    /// <summary>The rules of the layers of the family say it.</summary>
    public static WindowRules None { get; } = new() { IsElsewhere = true };

    /// <summary>Whether other rules than these read the layers.</summary>
    public bool IsElsewhere { get; private init; }

    /// <summary>Qwen: the layers from max_window_layers on, behind a switch.</summary>
    public static WindowRules Last { get; } =
        new()
        {
            IsOnWithoutSwitch = false,
            IsWindowed = (fields, layer) =>
                layer >= (fields.Has("max_window_layers") ? fields.Count("max_window_layers") : 28),
        };

    /// <summary>Every layer behind a switch.</summary>
    public static WindowRules Switched { get; } = new() { IsOnWithoutSwitch = false };

    /// <summary>Every second layer, from the first.</summary>
    public static WindowRules Alternating { get; } = new() { IsWindowed = (_, layer) => layer % 2 == 0 };

    /// <summary>Llama 4: the layers that rotate positions attend within chunks.</summary>
    public static WindowRules Chunked { get; } =
        new()
        {
            Size = "attention_chunk_size",
            IsWindowed = (fields, layer) =>
                fields.IntList("no_rope_layers") is { Length: > 0 } rotated
                    ? rotated.ElementAtOrDefault(layer) != 0
                    : (layer + 1) % fields.PositiveInt("no_rope_layer_interval", absent: 4) != 0,
        };

    /// <summary>All but every n-th layer.</summary>
    public static WindowRules AllButEvery(int absent) =>
        new()
        {
            IsWindowed = (fields, layer) =>
                (layer + 1) % fields.PatternLength("sliding_window_pattern", absent) != 0,
        };

    /// <summary>Gives the layers that have the window theirs.</summary>
    /// <exception cref="UserErrorException">A field is wrong, or there are layers without attention.</exception>
    public LayerPlan Plan(ConfigFields fields, LayerPlan plan)
    {
        if (IsElsewhere)
        {
            return plan;
        }

        var layers = plan.Attention.Layers;
        var listed = LayerTypes(fields, layers);
        if (!fields.IsOn(Size) || !fields.Flag("use_sliding_window", IsOnWithoutSwitch))
        {
            return plan;
        }

        var windowed =
            listed?.Count(type => type is "sliding_attention" or "chunked_attention")
            ?? Enumerable.Range(0, layers).Count(layer => IsWindowed(fields, layer));
        return plan.WithOther(windowed, group => group with { Window = new(Size, fields.PositiveInt(Size)) });
    }

    private static string[]? LayerTypes(ConfigFields fields, int layers)
    {
        const string Field = "layer_types";
        if (!fields.Has(Field))
        {
            return null;
        }

        var types = fields.TextList(Field);
        var other = Array.Find(
            types,
            type =>
                type is not ("attention" or "full_attention" or "sliding_attention" or "chunked_attention")
        );
        return other is not null
                ? throw fields.Error(Field, $"layers of type '{other}' are not simulated yet.")
            : types.Length == layers ? types
            : throw fields.Error(Field, $"{types.Length} types for {layers} layers.");
    }
}
