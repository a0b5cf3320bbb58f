using LlmSim.Experiments.Extensions;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Performance.Measured;
using LlmSim.Performance.Roofline;

namespace LlmSim.Experiments.Performance;

/// <summary>Where the times of iterations come from, by name.</summary>
internal static partial class PerformanceSource
{
    /// <summary>The best that there is for each accelerator: kernels, else transferred ones, else calibrated, else the roofline.</summary>
    public const string Auto = "auto";

    /// <summary>The roofline: a bound.</summary>
    public const string Roofline = "roofline";

    /// <summary>The roofline with what the accelerator was found to reach of it.</summary>
    public const string Calibrated = "calibrated";

    /// <summary>The measured operations that come with the simulator.</summary>
    public const string Kernels = "kernels";

    /// <summary>Before the folder or file of other measured operations.</summary>
    internal const string KernelsPrefix = "kernels:";

    internal const string MeasuredPrefix = "measured:";

    /// <summary>Before the name or file of a performance model of the user's own.</summary>
    internal const string OwnPrefix = "mine:";

    /// <summary>
    /// The source when none is given: the best, but the roofline where the semantics have the reference's preset or an option that
    /// only the roofline reads.
    /// </summary>
    internal static string DefaultOf(Semantics semantics)
    {
        var standard = Semantics.Standard;
        var isForAll =
            semantics.Preset == standard.Preset
            && semantics.DecodeAttentionContext == standard.DecodeAttentionContext
            && semantics.AttentionTensorParallelism == standard.AttentionTensorParallelism
            && semantics.FlashOutput == standard.FlashOutput
            && semantics.AttentionMask == standard.AttentionMask
            && semantics.LmHead == standard.LmHead
            && semantics.ArithmeticRate == standard.ArithmeticRate
            && semantics.EmbeddingFormat == standard.EmbeddingFormat
            && semantics.HiddenStateFormat == standard.HiddenStateFormat
            && semantics.TensorParallelCommunication == standard.TensorParallelCommunication
            && semantics.HardwareFigures == standard.HardwareFigures
            && semantics.BatchPadding == standard.BatchPadding;
        return isForAll ? Auto : Roofline;
    }

    /// <summary>Makes the performance models of instances as they are chosen; null for the roofline of the semantics.</summary>
    internal static Func<InstanceSpec, IPerformanceModel>? Factory(
        RunConfiguration configuration,
        Func<InstanceSpec, PerformanceChoice> choose
    ) => configuration.Performance == Roofline ? null : instance => choose(instance).Model;

    /// <summary>Chooses what gives an instance its times, by the model that it serves.</summary>
    /// <param name="configuration">Names the source.</param>
    /// <param name="models">The model of the cluster, then those that instances name.</param>
    /// <param name="files">Reads profiles, measured operations and models of the user's own.</param>
    /// <exception cref="UserErrorException">As of <see cref="Chooser" />.</exception>
    internal static Func<InstanceSpec, PerformanceChoice> ChooserOfAll(
        RunConfiguration configuration,
        IEnumerable<ServedModel> models,
        PerformanceFiles files
    )
    {
        var choosers = models
            .Select(served => (served.Name, Choose: ChooserOfParts(configuration, served, files)))
            .ToArray();
        var others = choosers.Skip(1).ToDictionary(one => one.Name, one => one.Choose);
        return instance => (instance.Model is { } name ? others[name] : choosers[0].Choose)(instance);
    }

    /// <summary>Chooses what gives an instance its times, with a model that nothing else uses.</summary>
    /// <param name="configuration">Names the source.</param>
    /// <param name="model">The model that is served.</param>
    /// <param name="precision">Its formats.</param>
    /// <param name="files">Reads profiles, measured operations and models of the user's own.</param>
    /// <exception cref="UserErrorException">
    /// The name is unknown or the profile is wrong; later, for an instance: the profile is not one of it.
    /// </exception>
    internal static Func<InstanceSpec, PerformanceChoice> Chooser(
        RunConfiguration configuration,
        ModelDescription model,
        Precision precision,
        PerformanceFiles files
    )
    {
        var (source, semantics) = (configuration.Performance, configuration.Semantics);
        var engines = configuration.Catalogs.Engines;
        if (source == Auto)
        {
            return OfBest;
        }

        if (source == Roofline)
        {
            return OfRoofline;
        }

        if (source == Calibrated)
        {
            return OfCalibration;
        }

        if (source.StartsWith(MeasuredPrefix, StringComparison.Ordinal))
        {
            var profile = files.Profile(source[MeasuredPrefix.Length..]);
            return instance =>
                OfModel(
                    instance,
                    new MeasuredModel(profile, model, precision, instance),
                    PredictionTier.MeasuredProfile
                ) with
                {
                    Notice = profile.Notice,
                };
        }

        if (OwnPerformanceFiles.IsOwn(source))
        {
            var own = files.Own(source[OwnPrefix.Length..]);
            return instance =>
                OfModel(instance, own.Create(new(model, precision, instance, semantics)), PredictionTier.Own);
        }

        if (source == Kernels)
        {
            return instance => OfKernels(KernelsOf(instance), instance);
        }

        if (source.StartsWith(KernelsPrefix, StringComparison.Ordinal))
        {
            var path = source[KernelsPrefix.Length..];
            return instance => OfKernels(files.Kernels(path, instance.Hardware), instance).NotOf(path);
        }

        throw new UserErrorException(
            $"performance: '{source}' is unknown.{Suggestion.For(source, [Auto, Roofline, Calibrated, Kernels, MeasuredPrefix, KernelsPrefix, OwnPrefix])} "
                + $"Allowed are {Auto}, {Roofline}, {Calibrated}, {Kernels}, {KernelsPrefix}PATH, {MeasuredPrefix}FOLDER and {OwnPrefix}NAME_OR_FILE."
        );

        PerformanceChoice OfModel(InstanceSpec instance, IPerformanceModel times, PredictionTier tier) =>
            new(TwoBatchTime.Of(instance, times), tier, source);

        PerformanceChoice OfRoofline(InstanceSpec instance) =>
            new(
                TwoBatchTime.Of(instance, new RooflineModel(model, precision, instance, semantics)),
                PredictionTier.Roofline,
                semantics.Preset != Semantics.Standard.Preset ? source
                    : source == Roofline
                    && KernelCatalog.Names.Any(name => name.Hardware == instance.Hardware.Name)
                        ? $"{source}, a bound; --performance {Kernels} predicts from measured ones"
                    : $"{Roofline}, a bound"
            );

        PerformanceChoice OfCalibration(InstanceSpec instance) =>
            new(
                TwoBatchTime.Of(
                    instance,
                    new RooflineModel(
                        model,
                        precision,
                        instance,
                        semantics,
                        fusedAttention: true,
                        calibration: CalibrationOf(instance.Hardware)
                    )
                ),
                PredictionTier.Calibrated,
                Calibrated
            );

        PerformanceChoice OfKernels(KernelSet kernels, InstanceSpec instance)
        {
            var measured = kernels.Source;
            var overheads = engines.OverheadsOf(instance.Engine);
            var performance = new EngineTime(
                TwoBatchTime.Of(instance, new KernelModel(kernels, model, precision, instance, semantics)),
                overheads,
                model,
                PrefillGraphs.MostTokens(instance, model, precision)
            );
            var choice = measured.TransferredFrom is { } other
                ? new PerformanceChoice(
                    performance,
                    PredictionTier.Transferred,
                    $"kernels transferred from {other}"
                )
                : new(
                    performance,
                    PredictionTier.Kernels,
                    $"kernels, measured with {measured.Engine} {measured.Version}"
                );
            choice = choice with { RequestSeconds = overheads.RequestSeconds };
            return engines.Of(instance.Engine) is { } profile && engines.Own.Contains(profile)
                ? choice.NotOf($"the engine profile {profile.Name}")
                : choice;
        }

        // What the roofline refuses too is an error under any source, so its refusal is not caught.
        PerformanceChoice OfBest(InstanceSpec instance)
        {
            var hardware = instance.Hardware;
            var reason = WithoutKernels(hardware);
            if (
                reason is null
                && TryMake(() => OfKernels(KernelsOf(instance), instance), ref reason) is { } choice
            )
            {
                return choice.Tier == PredictionTier.Kernels
                    ? choice
                    : choice.With($"{hardware.Name}: {choice.Source}, for its own were not measured");
            }

            var calibrated = hardware.Calibration is null
                ? null
                : TryMake(() => OfCalibration(instance), ref reason);
            return calibrated is not null
                ? calibrated with
                {
                    Notice = $"{hardware.Name}: calibrated roofline, because {reason}",
                }
                : OfRoofline(instance) with
                {
                    Notice = $"{hardware.Name}: bare roofline, a bound, because {reason}",
                };
        }
    }

    /// <summary>The most that an engine takes for a request before it may schedule it; 0 where its times are not those of kernels.</summary>
    internal static double RequestSeconds(Scenario scenario, Func<InstanceSpec, PerformanceChoice> choose) =>
        scenario
            .Instances.Distinct()
            .Select(instance => choose(instance).RequestSeconds)
            .DefaultIfEmpty()
            .Max();

    /// <summary>A choice, or null and the reason why it has no time for the model.</summary>
    private static PerformanceChoice? TryMake(Func<PerformanceChoice> make, ref string? reason)
    {
        try
        {
            return make();
        }
        catch (UserErrorException e)
        {
            const string Prefix = "performance: ";
            reason = e.Message.StartsWith(Prefix, StringComparison.Ordinal)
                ? e.Message[Prefix.Length..]
                : e.Message;
            return null;
        }
    }

    /// <summary>The operations of the instance's accelerator under its engine, or under another one.</summary>
    private static KernelSet KernelsOf(InstanceSpec instance)
    {
        var hardware = instance.Hardware;
        var engine = EngineDefaults.Name(instance.Engine?.Kind ?? EngineKind.Vllm);
        if (KernelCatalog.Find(hardware.Name, engine) is { } kernels)
        {
            return kernels;
        }

        var measured = KernelCatalog.Names.Select(name => name.Hardware).Distinct();
        throw new UserErrorException(
            $"performance: operations of {hardware.Name} were not measured, nor those of one that resembles it; they were on {string.Join(", ", measured)}. "
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
