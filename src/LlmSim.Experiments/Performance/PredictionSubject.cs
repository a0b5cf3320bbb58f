using LlmSim.Performance;

namespace LlmSim.Experiments.Performance;

/// <summary>What is predicted, as far as errors are told apart by it.</summary>
internal sealed record PredictionSubject
{
    public const string Mixed = "mixed";
    public const string Disaggregated = "disaggregated";
    public const string Closed = "closed";
    public const string Open = "open";

    /// <summary>Between the families of several models.</summary>
    public const string FamilySeparator = " and ";

    /// <summary>The tier of the least sure instance.</summary>
    public required PredictionTier Tier { get; init; }

    /// <summary>"dense", "moe", "mla" (latent attention), "sparse" (an indexer chooses tokens) or "hybrid" (states beside attention); several where models differ.</summary>
    public required string Family { get; init; }

    /// <summary>Whether instances do both, or prefill and decode apart.</summary>
    public required string Mode { get; init; }

    /// <summary>Whether so many requests are kept in flight, or requests come at times of their own.</summary>
    public required string Load { get; init; }

    /// <summary>The accelerators by name.</summary>
    public required IReadOnlyList<string> Accelerators { get; init; }

    /// <summary>Formats of the products and width of the KV cache, as the accelerators compute them.</summary>
    public required IReadOnlyList<string> Precisions { get; init; }

    /// <summary>The engines, with their versions where they are known; none where instances have no engine.</summary>
    public required IReadOnlyList<string> Engines { get; init; }

    /// <summary>Accelerators of the largest instance, those that share its experts among them.</summary>
    public required int MostAccelerators { get; init; }

    /// <summary>What a scenario is.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="choices">What gives its instances their times.</param>
    public static PredictionSubject Of(Scenario scenario, IEnumerable<PerformanceChoice> choices)
    {
        InstanceSpec[] instances = [.. scenario.Instances.Distinct()];
        return new PredictionSubject
        {
            Tier = choices.Max(choice => choice.Tier),
            Family = string.Join(
                FamilySeparator,
                scenario.ModelsInUse.Select(served => FamilyOf(served.Model)).Distinct()
            ),
            Mode = scenario.PrefillInstances.Count > 0 ? Disaggregated : Mixed,
            Load = scenario.Concurrency is null ? Open : Closed,
            Accelerators = [.. instances.Select(instance => instance.Hardware.Name).Distinct()],
            Precisions =
            [
                .. instances
                    .Select(instance => PrecisionOf(scenario.ModelOf(instance), instance.Hardware))
                    .Distinct(),
            ],
            Engines =
            [
                .. instances
                    .Select(instance => EngineOf(instance, scenario.MixedInstances.Contains(instance)))
                    .OfType<string>()
                    .Distinct(),
            ],
            MostAccelerators = instances.Max(instance => Math.Max(instance.TpSize, instance.ExpertParallel)),
        };
    }

    /// <summary>The family of a model, by what its layers have that predictions differ in.</summary>
    public static string FamilyOf(ModelDescription model) =>
        model switch
        {
            { Recurrent: not null } => "hybrid",
            _ when model.AttentionGroups.Any(group => group.Indexer is not null) => "sparse",
            { LatentAttention: not null } => "mla",
            { MixtureOfExperts: not null } => "moe",
            _ => "dense",
        };

    /// <summary>"sglang 0.5.9", "vllm" where the version is not known; none where an instance computes prompts or decodes by itself.</summary>
    private static string? EngineOf(InstanceSpec instance, bool isMixed) =>
        // A mixed instance has an engine, given or by default.
        (instance.Engine ?? (isMixed ? new EngineSpec() : null))
            is { } engine
            ? $"{EngineDefaults.Name(engine.Kind)} {engine.Version}".TrimEnd()
            : null;

    private static string PrecisionOf(ServedModel served, HardwareDescription hardware)
    {
        var (model, precision) = (served.Model, served.Precision.On(hardware));
        ProductFormat[] products =
        [
            precision.Projections,
            model.MixtureOfExperts is null ? precision.Mlp : precision.Experts,
        ];
        return $"{string.Join(" and ", products.Select(Words).Distinct())} with {precision.KvCache.Name} KV cache";

        static string Words(ProductFormat product) =>
            product.Weight.Name
            + (product.Weight.Scales is { } scales ? $" in {scales}" : "")
            + (product.Activation.Bits == product.Weight.Bits ? "" : $" x {product.Activation.Name}");
    }
}
