using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Results;
using ScottPlot;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Predicted against measured, one picture a metric.</summary>
internal static class ServingPictures
{
    /// <summary>More classes than markers and colours can tell apart are drawn as one.</summary>
    private const int MostClasses = 14;

    /// <summary>Draws them into a folder.</summary>
    /// <returns>The pictures' paths.</returns>
    /// <exception cref="UserErrorException">They cannot be written.</exception>
    public static IReadOnlyList<string> Draw(
        ServingValidation validation,
        string folder,
        PictureFormat format,
        CancellationToken cancellation
    )
    {
        const string Option = "--plots";
        PictureSet.CreateFolder(Option, folder);
        using var files = new OutputSet();
        var paths = PictureSet.Draw(Pictures(validation), files, Option, folder, format, cancellation);
        files.Commit();
        return paths;
    }

    private static IEnumerable<(string Name, Plot? Plot)> Pictures(ServingValidation validation)
    {
        var compared = validation.Outcomes.Where(outcome => outcome.Figures.Count > 0).ToArray();
        var classes = compared
            .GroupBy(outcome => ErrorClass.NameOf(outcome.Case, validation.Labels))
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToArray();
        if (classes.Length > MostClasses)
        {
            classes = [.. compared.GroupBy(_ => "all")];
        }

        var metrics = validation
            .Outcomes.SelectMany(outcome => outcome.Figures)
            .Select(figure => figure.Metric)
            .Where(metric => metric.EndsWith("_mean", StringComparison.Ordinal))
            .Distinct()
            .ToArray();
        foreach (var metric in metrics)
        {
            var name = metric[..metric.IndexOf('_', StringComparison.Ordinal)];
            yield return (
                $"{name}_predicted_against_measured",
                WithTiers(
                    validation,
                    PredictionPicture.Draw(
                        $"Mean {name.ToUpperInvariant()} predicted against measured, {validation.Performance}",
                        $"{name.ToUpperInvariant()} (s)",
                        [.. classes.Select(group => Series(group, metric))]
                    )
                )
            );
        }
    }

    private static Plot? WithTiers(ServingValidation validation, Plot? plot)
    {
        if (plot is not null)
        {
            PictureStyle.AddNotes(
                plot,
                $"tiers: {string.Join(", ", validation.Tiers.Select(tier => $"{tier.Tier.Name()} {tier.Count}"))}"
            );
        }

        return plot;
    }

    private static NamedSeries Series(IGrouping<string, CaseOutcome> outcomes, string metric)
    {
        var figures = outcomes
            .SelectMany(outcome => outcome.Figures)
            .Where(figure => figure.Metric == metric)
            .Select(figure => figure.Seconds)
            .ToArray();
        return new NamedSeries(
            outcomes.Key,
            [.. figures.Select(figure => figure.Measured)],
            [.. figures.Select(figure => figure.Predicted)]
        );
    }
}
