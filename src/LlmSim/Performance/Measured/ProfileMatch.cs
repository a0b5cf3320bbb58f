using LlmSim.Performance.Catalog;

namespace LlmSim.Performance.Measured;

/// <summary>Whether a profile is one of the model and the instance that are simulated.</summary>
internal static class ProfileMatch
{
    /// <summary>Throws unless it is.</summary>
    /// <exception cref="UserErrorException">It is not; the message says what differs.</exception>
    internal static void Require(
        MeasuredProfile profile,
        ModelDescription model,
        Precision precision,
        InstanceSpec instance
    )
    {
        RequireEqualLayers(model);
        RequireSubject(profile, model, instance.Hardware);
        RequireFormat(profile, precision, $"the run has {precision.Describe(model, Semantics.Standard, [])}");
        ExpertParallelism.Require(model, instance);
        RequireDivision(profile, model, instance);
    }

    /// <summary>Profiles have one kind of layer, which sees all of a context.</summary>
    private static void RequireEqualLayers(ModelDescription model)
    {
        if (
            model.OtherAttention.Count > 0
            || model.Attention.Window is not null
            || model.Recurrent is not null
            || model.OtherMlps.Count > 0
            || model.LayersWithoutMlp > 0
        )
        {
            throw new UserErrorException(
                $"performance: {model.Id} has layers that differ or do not see all of a context, which a measured profile does not tell apart; allowed for it are kernels and roofline"
            );
        }
    }

    /// <summary>Throws unless the profile is of the model and the accelerator, and has all that a calibration is fitted to.</summary>
    internal static void RequireWhole(
        MeasuredProfile profile,
        ModelDescription model,
        HardwareDescription hardware
    )
    {
        RequireSubject(profile, model, hardware);
        RequireFormat(profile, new Precision(), "a calibration is fitted to 16 bits");
        if (model.LatentAttention is not null || model.Family != ModelFamily.Llama)
        {
            throw new UserErrorException(
                $"{profile.SourceName}: {model.Id} has no layers such as a calibration is fitted to"
            );
        }

        if (!profile.Shards.ContainsKey(1))
        {
            throw new UserErrorException(
                $"{profile.SourceName}: has no folder tp1, which a calibration needs"
            );
        }

        foreach (var tp in profile.Shards.Keys)
        {
            var find = new LayerFinder(profile, tp, undivided: []);
            _ = find.Dense("qkv_proj");
            _ = find.Dense("o_proj");
            _ = find.PerSequence("lm_head");
        }

        var whole = new LayerFinder(profile, 1, undivided: []);
        _ = whole.Dense("embedding");
        _ = whole.Dense("layernorm");
        _ = whole.Dense("final_layernorm");
        _ = whole.PerSequence("sampler");
    }

    /// <summary>Whether an accelerator of the catalog is the one that a profile names.</summary>
    public static bool IsOf(MeasuredProfile profile, HardwareDescription hardware) =>
        IsOf(profile.Hardware, hardware);

    /// <summary>Whether an accelerator is the one that profiles and runs call so: by its own name or by an alias of it.</summary>
    internal static bool IsOf(string name, HardwareDescription hardware) =>
        HardwareAliases.Resolve(name) == HardwareAliases.Resolve(hardware.Name);

    private static void RequireSubject(
        MeasuredProfile profile,
        ModelDescription model,
        HardwareDescription hardware
    )
    {
        var name = profile.SourceName;
        if (!IsOf(profile.Model, model))
        {
            throw new UserErrorException(
                $"{name}: is a profile of {profile.Model}; the model is {model.Id}. The profile's must be the same name, or that "
                    + "of a model of the catalog with the same shapes."
            );
        }

        if (!IsOf(profile, hardware))
        {
            string[] names = [hardware.Name, .. HardwareAliases.Of(hardware.Name)];
            throw new UserErrorException(
                $"{name}: is a profile of {profile.Hardware}; an instance has {hardware.Name}. Allowed in the profile: "
                    + $"{string.Join(", ", names.Select(allowed => $"'{allowed}'"))}."
            );
        }
    }

    private static void RequireFormat(MeasuredProfile profile, Precision precision, string found)
    {
        if (PrecisionFormats.Precision(profile.Variant) != precision with { Source = "default" })
        {
            throw new UserErrorException(
                $"{profile.SourceName}: is a profile of {profile.Variant}, as --precision {profile.Variant} asks for; {found}"
            );
        }
    }

    private static void RequireDivision(
        MeasuredProfile profile,
        ModelDescription model,
        InstanceSpec instance
    )
    {
        if (!profile.Shards.ContainsKey(instance.TpSize))
        {
            throw new UserErrorException(
                $"tp_size: {instance.TpSize} is not in the profile {profile.SourceName}; it has "
                    + $"{string.Join(", ", profile.Shards.Keys.Order())}."
            );
        }

        if (model.MixtureOfExperts is not null && instance is { TpSize: > 1, ExpertParallel: 1 })
        {
            throw new UserErrorException(
                $"expert_parallel: 1 at tp_size {instance.TpSize} would divide each expert, and {profile.SourceName} has "
                    + $"times of whole ones; allowed are multiples of {instance.TpSize}."
            );
        }
    }

    /// <summary>Times are those of the shapes: of a model of the catalog they are known, of any other only its name is.</summary>
    private static bool IsOf(string name, ModelDescription model) =>
        ModelCatalog.BuiltIn.Find(name) is not { } profiled
            ? name == model.Id
            : profiled with
            {
                Id = model.Id,
                MaxContextTokens = model.MaxContextTokens,
                MaxModelLen = model.MaxModelLen,
                Notices = model.Notices,
                Parameters = model.Parameters,
                Quantization = model.Quantization,
            } == model;
}
