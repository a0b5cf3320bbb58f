namespace LlmSim.Performance.Catalog;

/// <summary>What the layers of a model are made of: as if all were equal, until the rules of its family say where they differ.</summary>
internal sealed record LayerPlan
{
    /// <summary>Attention of most layers, or of those that see the longest contexts.</summary>
    public required AttentionGroup Attention { get; init; }

    /// <summary>Other attention.</summary>
    public IReadOnlyList<AttentionGroup> OtherAttention { get; init; } = [];

    /// <summary>Layers with a state.</summary>
    public RecurrentLayers? Recurrent { get; init; }

    /// <summary>The width of the MLP of most layers; null for that of the config.</summary>
    public int? MlpWidth { get; init; }

    /// <summary>MLPs of another width.</summary>
    public IReadOnlyList<MlpGroup> OtherMlps { get; init; } = [];

    /// <summary>Layers with neither MLP nor experts.</summary>
    public int LayersWithoutMlp { get; init; }

    /// <summary>Parameters beside those of the groups.</summary>
    public long OtherParameters { get; init; }

    /// <summary>Some of the layers get attention of their own.</summary>
    public LayerPlan WithOther(int layers, Func<AttentionGroup, AttentionGroup> change)
    {
        if (layers == 0)
        {
            return this;
        }

        if (layers == Attention.Layers)
        {
            return this with { Attention = change(Attention) };
        }

        return this with
        {
            Attention = Attention with { Layers = Attention.Layers - layers },
            OtherAttention = [.. OtherAttention, change(Attention with { Layers = layers })],
        };
    }

    /// <summary>Some of the layers have a state in the place of attention.</summary>
    public LayerPlan WithRecurrent(RecurrentLayers recurrent) =>
        this with
        {
            Attention = Attention with { Layers = Attention.Layers - recurrent.Layers },
            Recurrent = recurrent,
        };
}
