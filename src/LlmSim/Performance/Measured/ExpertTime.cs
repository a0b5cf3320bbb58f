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

    /// <summary>The share of the experts that a token leaves alone.</summary>
    private readonly double _leftAlone = 1 - ((double)experts.ExpertsPerToken / experts.Experts);

    /// <summary>The most tokens of which those that come here were measured.</summary>
    public int LastTokens => (int)(table.LastTokens / _tokenShare);

    /// <summary>Seconds of the experts for so many tokens of all ranks, which choose at random.</summary>
    public double Seconds(int tokens)
    {
        var activated = (double)experts.Experts / ranks * (1 - Math.Pow(_leftAlone, tokens));
        return layers * table.Seconds(tokens * _tokenShare, activated);
    }

    /// <summary>Seconds of bringing the tokens to their experts and back, so many at a rank.</summary>
    public double ExchangeSeconds(int tokens) =>
        layers * (collectives.AllGatherSeconds(tokens) + collectives.ReduceScatterSeconds(tokens));
}
