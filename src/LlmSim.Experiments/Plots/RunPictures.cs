using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Plots;

/// <summary>Where the pictures of a run go.</summary>
/// <param name="Folder">The folder; created when it is not there.</param>
/// <param name="Format">Their format.</param>
internal sealed record PlotOptions(string Folder, PictureFormat Format = PictureFormat.Png);

/// <summary>Draws a run when it is over.</summary>
internal sealed class RunPictures
{
    private const string Option = "--plots";

    private readonly PlotOptions _options;
    private readonly string _note;
    private readonly PlotChoices _choices;

    /// <summary>Makes the folder, so that a path that cannot be written is known before the simulation.</summary>
    /// <param name="options">Where the pictures go.</param>
    /// <param name="note">What each of them says.</param>
    /// <param name="choices">What else is drawn.</param>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public RunPictures(PlotOptions options, string note, PlotChoices choices)
    {
        (_options, _note, _choices) = (options, note, choices);
        PictureSet.CreateFolder(Option, options.Folder);
    }

    /// <summary>Draws everything into files of the set.</summary>
    public void Draw(
        OutputSet files,
        RunObservations observations,
        RunSummary summary,
        CancellationToken cancellation
    )
    {
        PictureSet.Draw(
            PlotData.Of(observations.Requests, observations.Samples, _note, _choices),
            files,
            Option,
            _options.Folder,
            _options.Format,
            cancellation
        );
        PictureSet.Draw(
            [("service", ServicePicture.Draw(observations.Service, summary))],
            files,
            Option,
            _options.Folder,
            _options.Format,
            cancellation
        );
    }
}
