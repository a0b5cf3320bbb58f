namespace LlmSim.Experiments.Plots;

/// <summary>What a reader may choose of pictures beside their look.</summary>
internal sealed record PlotChoices
{
    /// <summary>Names of the runs in the place of those of their files, in their order; empty for those.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Where distributions of TTFT have a line; null for none.</summary>
    public double? TtftSloSeconds { get; init; }

    /// <summary>Where distributions of TPOT have a line; null for none.</summary>
    public double? TpotSloSeconds { get; init; }

    /// <summary>Whether intervals over seeds are bands rather than bars.</summary>
    public bool AreBands { get; init; }
}
