using LlmSim.Performance.Catalog;

namespace LlmSim.Performance.Measured;

/// <summary>Whether a profile is one of the model and the instance that are simulated.</summary>
internal static class ProfileMatch
{
    /// <summary>Throws unless it is.</summary>
    /// <exception cref="UserErrorException">It is not; the message says what differs.</exception>
    public static void Require(
        MeasuredProfile profile,
        ModelDescription model,
        Precision precision,
        InstanceSpec instance
    )
    {
        var name = profile.SourceName;
        if (!HasShapesOf(profile.Model, model))
        {
            throw new UserErrorException($"{name}: is a profile of {profile.Model}; the model is {model.Id}");
        }

        if (!Letters(instance.Hardware.Name).Contains(Letters(profile.Hardware), StringComparison.Ordinal))
        {
            throw new UserErrorException(
                $"{name}: is a profile of {profile.Hardware}; an instance has {instance.Hardware.Name}"
            );
        }

        if (profile.Variant is "bf16" or "fp16" && precision != new Precision())
        {
            throw new UserErrorException(
                $"{name}: is a profile of {profile.Variant}; weights, activations and KV cache must have 16 bits"
            );
        }

        ExpertParallelism.Require(model, instance);
        RequireDivision(profile, model, instance);
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
            Parameters = model.Parameters,
        } == model;

    private static string Letters(string name) =>
        string.Concat(name.Where(char.IsAsciiLetterOrDigit).Select(char.ToUpperInvariant));
}
