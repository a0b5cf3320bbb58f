namespace LlmSim.Experiments.Plots;

/// <summary>Points that belong together, under the name that the legend gives them.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="X">Horizontal values; those that are not finite are not drawn.</param>
/// <param name="Y">Vertical values, one for each of <paramref name="X" />.</param>
internal sealed record NamedSeries(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The points in which both values are numbers.</summary>
    internal IReadOnlyList<(double X, double Y)> Points { get; } =
    [.. X.Zip(Y).Where(point => double.IsFinite(point.First) && double.IsFinite(point.Second))];
}
