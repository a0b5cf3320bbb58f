using LlmSim.Performance;

namespace LlmSim.Experiments;

/// <summary>The models of a run whose instances do not all serve the same.</summary>
internal static class ServedModels
{
    /// <summary>The name of a model in its description; empty for the model of the run.</summary>
    /// <exception cref="UserErrorException">The catalog has no such model.</exception>
    public static string NameOf(RunConfiguration configuration, string name)
    {
        if (name == configuration.Model)
        {
            return "";
        }

        var id = configuration.Catalogs.Models.Get(name).Id;
        return id == OwnName(configuration) ? "" : id;
    }

    /// <summary>The models that instances name.</summary>
    /// <exception cref="UserErrorException">One has a shorter context than is to be served, or not the precision that is asked for.</exception>
    public static IReadOnlyList<ServedModel> Of(
        RunConfiguration configuration,
        IEnumerable<InstanceSpec> instances
    ) =>
        [
            .. instances
                .Select(instance => instance.Model)
                .OfType<string>()
                .Distinct()
                .Select(name =>
                {
                    var model = configuration.Catalogs.Models.Get(name).Serving(configuration.MaxModelLen);
                    return new ServedModel(model) { Precision = configuration.Precision.Resolve(model) };
                }),
        ];

    /// <summary>What the models say that is not simulated.</summary>
    public static IReadOnlyList<string> Notices(Scenario scenario) =>
        [
            .. scenario
                .ModelsInUse.SelectMany(served =>
                    scenario.TakesImages && served.Model.Encoders.Any()
                        ? served.Model.NoticesWithImages
                        : served.Model.Notices
                )
                .Distinct(),
        ];

    /// <summary>The precision of a scenario in words; that of each model where they differ.</summary>
    public static string DescribePrecision(Scenario scenario)
    {
        (string Name, string Words)[] models =
        [
            .. scenario.ModelsInUse.Select(served =>
                (
                    served.Name,
                    served.Precision.Describe(
                        served.Model,
                        scenario.Semantics,
                        scenario
                            .Instances.Where(instance => scenario.ModelOf(instance).Name == served.Name)
                            .Select(instance => instance.Hardware)
                    )
                )
            ),
        ];
        return models.Select(model => model.Words).Distinct().Count() == 1
            ? models[0].Words
            : string.Join("; ", models.Select(model => $"{model.Name}: {model.Words}"));
    }

    /// <summary>Fails where it is known before the run that requests ask for a model which no instance serves.</summary>
    /// <exception cref="UserErrorException">It is; the message says which.</exception>
    public static void RequireServed(RunConfiguration configuration, Scenario scenario)
    {
        string?[] served = [.. scenario.Instances.Select(instance => instance.Model).Distinct()];
        if (configuration.Mix is not null)
        {
            RequireServed(configuration, scenario, served);
        }
        else if (configuration.TracePath is null && !served.Contains(null))
        {
            throw new UserErrorException(
                $"model: requests ask for {scenario.Model.Id}, which no instance serves; allowed: {Words(scenario, served)}"
            );
        }
    }

    private static void RequireServed(RunConfiguration configuration, Scenario scenario, string?[] served)
    {
        var models = new ModelsInUse(scenario.Models, scenario.Semantics);
        foreach (var one in Experiment.CreateWorkload(configuration).ReadMix().Classes)
        {
            if (served.Contains(models.Meant(one.Origin.Model)))
            {
                continue;
            }

            throw one.Origin.Model is { } name
                ? one.Fields.Error(
                    "model",
                    $"no instance serves '{name}'; allowed: {Words(scenario, served)}.{Suggestion.For(name, Names(scenario, served, name))}"
                )
                : one.Fields.Missing(
                    "model",
                    $"missing, and no instance serves {scenario.Model.Id}; allowed: {Words(scenario, served)}"
                );
        }
    }

    private static string OwnName(RunConfiguration configuration) =>
        ModelSource.Load(configuration.Model, configuration.Catalogs.Models).Id;

    /// <summary>The names of models, as much of them as another has.</summary>
    private static IEnumerable<string> Names(Scenario scenario, IEnumerable<string?> served, string like) =>
        served
            .Select(model => model ?? scenario.Model.Id)
            .Select(name =>
                like.Contains('/', StringComparison.Ordinal) ? name : ModelsInUse.ShortName(name)
            );

    private static string Words(Scenario scenario, IEnumerable<string?> served) =>
        string.Join(", ", served.Select(model => model ?? scenario.Model.Id));
}
