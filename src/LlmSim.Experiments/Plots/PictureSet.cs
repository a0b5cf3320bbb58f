using System.Text;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>Every picture that the data allows.</summary>
internal static class PictureSet
{
    /// <summary>File systems take 255, of which the extension and the name before the commit have some.</summary>
    private const int MostNameBytes = 200;

    /// <summary>Draws result files anew, without simulating.</summary>
    /// <param name="results">Result files of any kind, or folders of them.</param>
    /// <param name="folder">Where the pictures go; created when it is not there.</param>
    /// <param name="look">Their format, size and words.</param>
    /// <param name="choices">What else is drawn; null for nothing.</param>
    /// <param name="cancellation">Stops between two pictures; none is left then.</param>
    /// <returns>The pictures' paths.</returns>
    /// <exception cref="UserErrorException">A file cannot be read or written, or nothing can be drawn of the results.</exception>
    public static IReadOnlyList<string> Draw(
        IEnumerable<string> results,
        string folder,
        PictureLook look,
        PlotChoices? choices = null,
        CancellationToken cancellation = default
    )
    {
        using var claims = FileClaims.Begin();
        var data = PlotData.Read(results, choices);
        CreateFolder("--output", folder);
        using var files = new OutputSet();
        var paths = Draw(data, files, "--output", folder, look, cancellation);
        if (paths.Count == 0)
        {
            throw new UserErrorException(
                data.Summaries.Count > 0
                && data.Summaries.TrueForAll(point => double.IsNaN(point.RequestsPerSecondOffered))
                    ? "nothing can be drawn over lambda_arrival, which closed loops do not have; choose the axes: --x concurrency --y ttft_mean"
                    : "nothing can be drawn: the results hold no request that was served"
            );
        }

        files.Commit();
        return paths;
    }

    /// <summary>Draws what the data allows into files that appear together with the others of the set.</summary>
    internal static IReadOnlyList<string> Draw(
        PlotData data,
        OutputSet files,
        string option,
        string folder,
        PictureLook look,
        CancellationToken cancellation
    ) => Draw(Pictures(data), files, option, folder, look, cancellation);

    /// <summary>Draws those pictures that there is something to draw in.</summary>
    internal static IReadOnlyList<string> Draw(
        IEnumerable<(string Name, Plot? Plot)> pictures,
        OutputSet files,
        string option,
        string folder,
        PictureLook look,
        CancellationToken cancellation
    )
    {
        var drawn = pictures
            .Where(picture => picture.Plot is not null)
            .Select(picture => new Picture(picture.Name, picture.Plot!))
            .ToArray();
        var contents = new byte[drawn.Length][];
        Workers.Run(
            Environment.ProcessorCount,
            Enumerable.Range(0, drawn.Length),
            (index, _) => contents[index] = drawn[index].Render(look),
            cancellation
        );
        string[] paths = [.. drawn.Select(picture => PathOf(folder, picture.Name, look.Format))];
        foreach (var (path, content) in paths.Zip(contents))
        {
            files.Add(option, path).Write(content);
        }

        return paths;
    }

    /// <summary>
    /// The path of a picture, in its folder whatever its name: that is made of columns, stages and files of the user. What would
    /// lead out of the folder becomes an underscore.
    /// </summary>
    internal static string PathOf(string folder, string name, PictureFormat format)
    {
        var safe = string.Concat(name.Select(c => c is '/' or '\\' || TerminalText.IsControl(c) ? '_' : c));
        safe = safe.StartsWith('.') ? $"_{safe[1..]}" : safe;
        var isLong = Encoding.UTF8.GetByteCount(safe) > MostNameBytes;
        // Two names that have become one, or have lost their ends, are told apart by what they were.
        var fileName =
            safe == name && !isLong
                ? name
                : $"{(isLong ? safe[..(MostNameBytes / 4)] : safe)}-{InputFingerprint.HashText(name)[..8]}";
        return Path.Combine(folder, $"{fileName}.{format.ToString().ToLowerInvariant()}");
    }

    /// <summary>Makes the folder of the pictures.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    internal static void CreateFolder(string option, string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UserErrorException($"{option} {folder}: the folder cannot be made: {e.Message}", e);
        }
    }

    private static IEnumerable<(string Name, Plot? Plot)> Pictures(PlotData data) =>
        WithNote(OfRuns(data).Concat(OfSamples(data)), data.RunNote)
            .Concat(WithNote(OfSummaries(data), data.SummaryNote));

    private static IEnumerable<(string Name, Plot? Plot)> WithNote(
        IEnumerable<(string Name, Plot? Plot)> pictures,
        string? note
    )
    {
        foreach (var (name, plot) in pictures)
        {
            if (plot is not null)
            {
                PictureStyle.AddNotes(plot, note);
            }

            yield return (name, plot);
        }
    }

    private static IEnumerable<(string Name, Plot? Plot)> OfRuns(PlotData data)
    {
        var runs = data.Runs;
        yield return ("ttft_against_input", ScatterPicture.TtftAgainstInput(runs));
        yield return ("tpot_against_output", ScatterPicture.TpotAgainstOutput(runs));
        yield return ("ttft_cdf", CdfPicture.Ttft(runs, data.Choices.TtftSloSeconds));
        yield return ("tpot_cdf", CdfPicture.Tpot(runs, data.Choices.TpotSloSeconds));
        yield return ("e2e_cdf", CdfPicture.EndToEnd(runs));
        foreach (var run in runs)
        {
            yield return (Named("instances", run.Name, runs.Count), GanttPicture.Draw(run.Requests));
        }
    }

    private static IEnumerable<(string Name, Plot? Plot)> OfSamples(PlotData data)
    {
        foreach (var quantity in Enum.GetValues<SampledQuantity>())
        {
            var sampled = data
                .Samples.Select(sample =>
                    (sample.Name, Lines: sample.Lines.Where(line => line.Quantity == quantity))
                )
                .Where(sample => sample.Lines.Any())
                .ToArray();
            foreach (var (name, lines) in sampled)
            {
                foreach (var stage in lines.GroupBy(line => line.Stage, StringComparer.Ordinal))
                {
                    yield return (
                        Named($"{FileName(quantity)}_{stage.Key}", name, sampled.Length),
                        SamplesPicture.Draw(quantity, stage.Key, stage)
                    );
                }
            }
        }
    }

    private static IEnumerable<(string Name, Plot? Plot)> OfSummaries(PlotData data) =>
        RatePicture.All.Select(picture =>
            ($"{picture.Name}_against_rate", RatePicture.Draw(picture, data.Summaries, data.Choices.AreBands))
        );

    private static string FileName(SampledQuantity quantity) =>
        quantity switch
        {
            SampledQuantity.Queue => "queue_length",
            SampledQuantity.Running => "batch_size",
            _ => "kv_use",
        };

    /// <summary>Pictures of one run each are told apart by its name when there are several.</summary>
    private static string Named(string picture, string run, int runs) =>
        runs > 1 ? $"{picture}_{run}" : picture;
}
