namespace LlmSim.Experiments.Plots;

/// <summary>What pictures need of a row of a summary file; its configuration is without the rate and the seed.</summary>
internal sealed record SummaryPoint(
    IReadOnlyDictionary<string, string> Configuration,
    double RequestsPerSecondOffered,
    double GoodputRequestsPerSecond,
    double TtftAttainmentPercent,
    double TpotAttainmentPercent,
    double BothAttainmentPercent,
    string Seed = ""
)
{
    /// <summary>NaN where a file does not have it.</summary>
    public double TtftP99Seconds { get; init; } = double.NaN;

    /// <summary>NaN where a file does not have it.</summary>
    public double TpotP99Seconds { get; init; } = double.NaN;

    /// <summary>NaN where a file does not have it.</summary>
    public double EndToEndP99Seconds { get; init; } = double.NaN;

    /// <summary>An option's value; empty when the file does not have it.</summary>
    public string Option(string name) => Configuration.GetValueOrDefault(name, "");

    /// <summary>Whether it is the same simulation, so that both have the same figures.</summary>
    public bool IsSameRunAs(SummaryPoint other) =>
        Seed == other.Seed
        && RequestsPerSecondOffered.Equals(other.RequestsPerSecondOffered)
        && Configuration.Keys.Union(other.Configuration.Keys).All(name => Option(name) == other.Option(name));

    /// <summary>Whether all figures are the same.</summary>
    public bool HasFiguresOf(SummaryPoint other) =>
        this with { Configuration = other.Configuration } == other;
}
