using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Performance;

/// <summary>Where the times of iterations come from, by name.</summary>
public static class PerformanceSource
{
    /// <summary>The roofline: a bound.</summary>
    public const string Roofline = "roofline";

    /// <summary>The roofline with what the accelerator was found to reach of it.</summary>
    public const string Calibrated = "calibrated";

    private const string MeasuredPrefix = "measured:";

    /// <summary>Makes the performance model of an instance; null for the roofline of the semantics.</summary>
    /// <param name="configuration">Names the source.</param>
    /// <param name="model">The model that is served.</param>
    /// <param name="precision">Its formats.</param>
    /// <param name="loadProfile">Reads the profile of a folder.</param>
    /// <exception cref="UserErrorException">
    /// The name is unknown or the profile is wrong; later, for an instance: the profile is not one of it.
    /// </exception>
    public static Func<InstanceSpec, IPerformanceModel>? Factory(
        RunConfiguration configuration,
        ModelDescription model,
        Precision precision,
        Func<string, MeasuredProfile> loadProfile
    )
    {
        var source = configuration.Performance;
        if (source == Roofline)
        {
            return null;
        }

        if (source == Calibrated)
        {
            return instance => new RooflineModel(
                model,
                precision,
                instance,
                configuration.Semantics,
                calibration: CalibrationOf(instance.Hardware)
            );
        }

        if (source.StartsWith(MeasuredPrefix, StringComparison.Ordinal))
        {
            var profile = loadProfile(source[MeasuredPrefix.Length..]);
            return instance => new MeasuredModel(profile, model, precision, instance);
        }

        throw new UserErrorException(
            $"performance: '{source}' is unknown.{Suggestion.For(source, [Roofline, Calibrated, MeasuredPrefix])} "
                + $"Allowed are {Roofline}, {Calibrated} and {MeasuredPrefix}FOLDER."
        );
    }

    /// <summary>What an accelerator was found to reach of its roofs.</summary>
    /// <exception cref="UserErrorException">Nothing was fitted for it; the message says for which there is.</exception>
    public static Calibration CalibrationOf(HardwareDescription hardware)
    {
        if (hardware.Calibration is { } calibration)
        {
            return calibration;
        }

        var calibrated = HardwareCatalog
            .BuiltIn.All.Where(other => other.Calibration is not null)
            .Select(other => other.Name);
        throw new UserErrorException(
            $"performance: {hardware.Name} has no calibration; the catalog has one for {string.Join(", ", calibrated)}. "
                + "'llmsim calibrate' fits one to a measured profile."
        );
    }
}
