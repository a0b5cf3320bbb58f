using LlmSim.Performance;
using LlmSim.Performance.Calibrating;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Performance;

/// <summary>Fits a calibration to profile folders.</summary>
internal static class CalibrationRun
{
    /// <summary>Reads the profiles and fits.</summary>
    /// <param name="folders">Folders of profiles of one accelerator, at least one.</param>
    /// <param name="hardwareName">The accelerator in the catalog; null for the one that the profiles name.</param>
    /// <param name="model">The model; null for the one that each profile names.</param>
    /// <param name="models">The models there are.</param>
    /// <param name="accelerators">The accelerators there are.</param>
    /// <exception cref="UserErrorException">A folder is wrong, or a name is unknown.</exception>
    public static (HardwareDescription Hardware, CalibrationResult Result) Fit(
        IReadOnlyList<string> folders,
        string? hardwareName,
        string? model,
        ModelCatalog models,
        HardwareCatalog accelerators
    )
    {
        MeasuredProfile[] profiles = [.. folders.Select(ProfileFolder.Load)];
        var hardware = hardwareName is null
            ? Named(profiles[0], accelerators)
            : accelerators.Get(hardwareName);
        var source =
            $"fitted by llmsim calibrate to profiles of {string.Join(" and ", profiles.Select(Title))}";
        var result = Calibrator.Fit(
            hardware,
            [
                .. profiles.Select(profile => new ProfiledModel(
                    profile,
                    ModelSource.Load(model ?? profile.Model, models)
                )),
            ],
            source
        );
        return (hardware, result);
    }

    private static string Title(MeasuredProfile profile) =>
        $"{profile.Model} ({profile.Variant}, tp {string.Join(" and ", profile.Shards.Keys.Order())})";

    private static HardwareDescription Named(MeasuredProfile profile, HardwareCatalog accelerators) =>
        accelerators.All.FirstOrDefault(hardware => ProfileMatch.IsOf(profile, hardware))
        ?? throw new UserErrorException(
            $"{profile.SourceName}: is of {profile.Hardware}, which is no accelerator of the catalog by that name.{Suggestion.For(profile.Hardware, accelerators.All.Select(hardware => hardware.Name))} "
                + "'llmsim hardware' lists them."
        );
}
