using System.Globalization;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;
using nietras.SeparatedValues;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The points of a sweep that differ in their seed alone.</summary>
/// <param name="Settings">What they have in common, the seed left out.</param>
/// <param name="Results">One a seed.</param>
internal sealed record Replications(IReadOnlyList<Setting> Settings, IReadOnlyList<RunResult> Results)
{
    /// <summary>Groups the results of a plan, in its order.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="results">One for each of its points, in order.</param>
    public static IReadOnlyList<Replications> Of(SweepPlan plan, IReadOnlyList<RunResult> results) =>
        [
            .. plan
                .Points.Zip(results)
                .GroupBy(pair => Name(pair.First), StringComparer.Ordinal)
                .Select(group => new Replications(
                    WithoutSeed(group.First().First),
                    [.. group.Select(pair => pair.Second)]
                )),
        ];

    /// <summary>Mean, deviation and interval of a figure.</summary>
    public MeanEstimate Estimate(SummaryFigure figure) =>
        MeanEstimate.Of([.. Results.Select(result => figure.Value(result.Summary))]);

    /// <summary>Writes one row a group as CSV: the settings, then mean, deviation and 95 % interval of each figure.</summary>
    public static void Write(Stream stream, IEnumerable<Replications> groups)
    {
        using var writer = Csv.Writer(stream);
        foreach (var group in groups)
        {
            group.WriteRow(writer);
        }
    }

    private void WriteRow(SepWriter writer)
    {
        using var row = writer.NewRow();
        foreach (var setting in Settings)
        {
            row[setting.Option].Set(setting.Value);
        }

        row["replications"].Format(Results.Count);
        foreach (var figure in SummaryFigure.All)
        {
            var estimate = Estimate(figure);
            row[$"{figure.Column}_mean"].Set(Text(estimate.Mean));
            row[$"{figure.Column}_std"].Set(Text(estimate.Std));
            row[$"{figure.Column}_ci95_low"].Set(Text(estimate.Low));
            row[$"{figure.Column}_ci95_high"].Set(Text(estimate.High));
        }
    }

    private static string Text(double value) =>
        double.IsNaN(value) ? "" : value.ToString(CultureInfo.InvariantCulture);

    private static Setting[] WithoutSeed(SweepPoint point) =>
        [.. point.Settings.Where(setting => setting.Option != SweepPlan.SeedOption)];

    private static string Name(SweepPoint point) =>
        string.Join('\n', WithoutSeed(point).Select(setting => setting.Value));
}
