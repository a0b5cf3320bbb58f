using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Results;
using ScottPlot;

namespace LlmSim.Experiments.Validation;

/// <summary>Measured and predicted in one picture: distributions, and the counts of requests over time.</summary>
internal static class ValidationPictures
{
    private const string Measured = "measured";
    private const string Predicted = "predicted";

    /// <summary>Draws them into a folder.</summary>
    /// <param name="validation">What to draw.</param>
    /// <param name="folder">Where the pictures go; made when it is not there.</param>
    /// <param name="format">Their format.</param>
    /// <returns>The pictures' paths.</returns>
    /// <exception cref="UserErrorException">They cannot be written.</exception>
    public static IReadOnlyList<string> Draw(RunValidation validation, string folder, PictureFormat format)
    {
        const string Option = "--plots";
        PictureSet.CreateFolder(Option, folder);
        using var files = new OutputSet();
        var paths = PictureSet.Draw(
            Pictures(validation),
            files,
            Option,
            folder,
            format,
            CancellationToken.None
        );
        files.Commit();
        return paths;
    }

    private static IEnumerable<(string Name, Plot? Plot)> Pictures(RunValidation validation)
    {
        foreach (var metric in validation.Metrics)
        {
            yield return (
                $"{metric.Name.ToLowerInvariant()}_cdf",
                CdfPicture.Draw(
                    $"{metric.Name}, {validation.Run.Name}",
                    $"{metric.Name} (s)",
                    [(Measured, metric.MeasuredSeconds), (Predicted, metric.PredictedSeconds)]
                )
            );
        }

        yield return ("running", Counts("Requests in the batch", tick => tick.RunningRequests));
        yield return ("waiting", Counts("Requests waiting", tick => tick.WaitingRequests));

        Plot? Counts(string title, Func<RecordedTick, int> count) =>
            TimelinePicture.Draw(
                $"{title}, {validation.Run.Name}",
                "requests",
                [
                    SeriesOf(Measured, validation.Run.Ticks, count),
                    SeriesOf(Predicted, validation.PredictedTicks, count),
                ]
            );

        static NamedSeries SeriesOf(
            string name,
            IReadOnlyList<RecordedTick> ticks,
            Func<RecordedTick, int> count
        ) =>
            new(
                name,
                [.. ticks.Select(tick => tick.Seconds)],
                [.. ticks.Select(tick => (double)count(tick))]
            );
    }
}
