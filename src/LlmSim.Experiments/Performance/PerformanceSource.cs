using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Performance;

/// <summary>Where the times of iterations come from, by name.</summary>
public static class PerformanceSource
{
    /// <summary>The roofline: a bound.</summary>
    public const string Roofline = "roofline";

    /// <summary>The roofline with what the accelerator was found to reach of it.</summary>
    public const string Calibrated = "calibrated";

    /// <summary>The measured operations that come with the simulator.</summary>
    public const string Kernels = "kernels";

    /// <summary>Before the folder or file of other measured operations.</summary>
    internal const string KernelsPrefix = "kernels:";

    /// <summary>Before the name or file of a performance model of the user's own.</summary>
    internal const string OwnPrefix = "mine:";

    private const string MeasuredPrefix = "measured:";

    /// <summary>The engine whose operations are taken where there are several.</summary>
    private const string Engine = "vllm";

    /// <summary>Makes the performance model of an instance; null for the roofline of the semantics.</summary>
    /// <param name="configuration">Names the source.</param>
    /// <param name="model">The model that is served.</param>
    /// <param name="precision">Its formats.</param>
    /// <param name="files">Reads profiles, measured operations and models of the user's own.</param>
    /// <exception cref="UserErrorException">
    /// The name is unknown or the profile is wrong; later, for an instance: the profile is not one of it.
    /// </exception>
    internal static Func<InstanceSpec, IPerformanceModel>? Factory(
        RunConfiguration configuration,
        ModelDescription model,
        Precision precision,
        PerformanceFiles files
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
            var profile = files.Profile(source[MeasuredPrefix.Length..]);
            return instance => new MeasuredModel(profile, model, precision, instance);
        }

        if (source.StartsWith(OwnPrefix, StringComparison.Ordinal))
        {
            var own = files.Own(source[OwnPrefix.Length..]);
            return instance => own.Create(new(model, precision, instance, configuration.Semantics));
        }

        if (source == Kernels)
        {
            return instance => new KernelModel(
                KernelsOf(instance.Hardware),
                model,
                precision,
                instance,
                configuration.Semantics
            );
        }

        if (source.StartsWith(KernelsPrefix, StringComparison.Ordinal))
        {
            var path = source[KernelsPrefix.Length..];
            return instance => new KernelModel(
                files.Kernels(path, instance.Hardware),
                model,
                precision,
                instance,
                configuration.Semantics
            );
        }

        throw new UserErrorException(
            $"performance: '{source}' is unknown.{Suggestion.For(source, [Roofline, Calibrated, Kernels, MeasuredPrefix, KernelsPrefix, OwnPrefix])} "
                + $"Allowed are {Roofline}, {Calibrated}, {Kernels}, {KernelsPrefix}PATH, {MeasuredPrefix}FOLDER and {OwnPrefix}NAME_OR_FILE."
        );
    }

    /// <summary>The source of a run in words: what its times are, and whether there is a better one.</summary>
    public static string Describe(RunConfiguration configuration, IEnumerable<InstanceSpec> instances)
    {
        var source = configuration.Performance;
        string[] hardware = [.. instances.Select(instance => instance.Hardware.Name).Distinct()];
        if (source == Kernels)
        {
            var engines = hardware.Select(name => KernelCatalog.Find(name, Engine)!.Source);
            return $"kernels, measured with {string.Join(", ", engines.Select(one => $"{one.Engine} {one.Version}").Distinct())}";
        }

        var isBound = source == Roofline && configuration.Semantics.Preset == Semantics.Standard.Preset;
        return !isBound ? source
            : hardware.All(name => KernelCatalog.Names.Any(known => known.Hardware == name))
                ? $"{source}, a bound; --performance {Kernels} predicts from measured ones"
            : $"{source}, a bound";
    }

    private static KernelSet KernelsOf(HardwareDescription hardware)
    {
        if (KernelCatalog.Find(hardware.Name, Engine) is { } kernels)
        {
            return kernels;
        }

        var measured = KernelCatalog.Names.Select(name => name.Hardware).Distinct();
        throw new UserErrorException(
            $"performance: operations of {hardware.Name} were not measured; they were on {string.Join(", ", measured)}. "
                + $"'llmsim kernels import' brings in others, for {KernelsPrefix}FILE."
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
