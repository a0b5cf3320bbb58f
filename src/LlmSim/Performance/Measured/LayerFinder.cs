namespace LlmSim.Performance.Measured;

/// <summary>Finds the measurements of a layer in a profile.</summary>
internal sealed class LayerFinder(MeasuredProfile profile, int tpSize, string[] undivided)
{
    public Curve Dense(string layer) =>
        OptionalDense(layer) ?? throw Missing("dense.csv", layer, TpSize(layer));

    public Curve? OptionalDense(string layer) => profile.Shards[TpSize(layer)].Dense.GetValueOrDefault(layer);

    public Curve PerSequence(string layer) =>
        profile.Shards[TpSize(layer)].PerSequence.GetValueOrDefault(layer)
        ?? throw Missing("per_sequence.csv", layer, TpSize(layer));

    public ExpertTable Experts() =>
        profile.Experts
        ?? throw new UserErrorException(
            $"{profile.SourceName}/tp1/moe.csv: is not there, and {profile.Model} has experts"
        );

    private int TpSize(string layer) =>
        undivided.Contains(layer) && profile.Shards.ContainsKey(1) ? 1 : tpSize;

    private UserErrorException Missing(string file, string layer, int tpSize) =>
        new($"{profile.SourceName}/tp{tpSize}/{file}: has no rows for {layer}");
}
