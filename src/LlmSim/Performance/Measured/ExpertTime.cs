namespace LlmSim.Performance.Measured;

/// <summary>The experts of all layers on one of the accelerators that they are divided over, dispatch included.</summary>
internal sealed class ExpertTime(
    ExpertTable table,
    MixtureOfExperts experts,
    int layers,
    int ranks,
    Collectives collectives
)
{
    /// <summary>The share of the tokens that have an expert here, if each chooses its experts at random.</summary>
    private readonly double _tokenShare = 1 - Math.Pow((ranks - 1.0) / ranks, experts.ExpertsPerToken);

    /// <summary>The most tokens of which those that come here were measured.</summary>
    public int LastTokens => (int)(table.LastTokens / _tokenShare);

    public double Seconds(int tokens)
    {
        var tokensHere = Math.Round(tokens * _tokenShare);
        var chosenHere = Math.Round((double)tokens * experts.ExpertsPerToken / ranks);
        var activatedExperts = Math.Min(chosenHere, (double)experts.Experts / ranks);
        return layers
            * (
                table.Seconds(tokensHere, activatedExperts)
                + collectives.AllGatherSeconds(tokens)
                + collectives.ReduceScatterSeconds(tokens)
            );
    }
}
