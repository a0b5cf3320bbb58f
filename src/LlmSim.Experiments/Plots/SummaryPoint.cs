namespace LlmSim.Experiments.Plots;

/// <summary>What pictures need of a row of a summary file; its configuration is without the rate and the seed.</summary>
internal sealed record SummaryPoint(
    IReadOnlyDictionary<string, string> Configuration,
    double RequestsPerSecondOffered,
    double GoodputRequestsPerSecond,
    double TtftAttainmentPercent,
    double TpotAttainmentPercent,
    double BothAttainmentPercent
);
