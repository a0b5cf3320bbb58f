using LlmSim.Performance.Catalog;

namespace LlmSim.Performance.Measured;

/// <summary>Whether a profile is one of the model and the instance that are simulated.</summary>
public static class ProfileMatch
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
        var name = profile.SourceName;
        model.RequireFullAttention();
        RequireSubject(profile, model, instance.Hardware);
        if (profile.Variant is "bf16" or "fp16" && !precision.IsSixteenBit)
        {
            throw new UserErrorException(
                $"{name}: is a profile of {profile.Variant}; weights, activations and KV cache must have 16 bits, and "
                    + $"they are {precision.Describe(model, Semantics.Standard, [])}"
            );
        }

        ExpertParallelism.Require(model, instance);
        RequireDivision(profile, model, instance);
    }

    /// <summary>Throws unless the profile is of the model and the accelerator, and has all that a calibration is fitted to.</summary>
    internal static void RequireWhole(
        MeasuredProfile profile,
        ModelDescription model,
        HardwareDescription hardware
    )
    {
        RequireSubject(profile, model, hardware);
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

    /// <summary>Whether an accelerator of the catalog is the one that profiles and runs call so.</summary>
    internal static bool IsOf(string name, HardwareDescription hardware) =>
        Letters(hardware.Name).Contains(Letters(name), StringComparison.Ordinal);

    private static void RequireSubject(
        MeasuredProfile profile,
        ModelDescription model,
        HardwareDescription hardware
    )
    {
        var name = profile.SourceName;
        if (!HasShapesOf(profile.Model, model))
        {
            throw new UserErrorException($"{name}: is a profile of {profile.Model}; the model is {model.Id}");
        }

        if (!IsOf(profile, hardware))
        {
            throw new UserErrorException(
                $"{name}: is a profile of {profile.Hardware}; an instance has {hardware.Name}"
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

    /// <summary>A name that the catalog does not know says nothing of the shapes.</summary>
    private static bool HasShapesOf(string name, ModelDescription model) =>
        ModelCatalog.BuiltIn.Find(name) is not { } profiled
        || profiled with
        {
            Id = model.Id,
            MaxContextTokens = model.MaxContextTokens,
            MaxModelLen = model.MaxModelLen,
            Notices = model.Notices,
            Parameters = model.Parameters,
            Quantization = model.Quantization,
        } == model;

    private static string Letters(string name) =>
        string.Concat(name.Where(char.IsAsciiLetterOrDigit).Select(char.ToUpperInvariant));
}
