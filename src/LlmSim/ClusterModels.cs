using LlmSim.Performance;

namespace LlmSim;

/// <summary>Whether the models of a cluster and its instances go together.</summary>
internal static class ClusterModels
{
    /// <summary>The models of a scenario, its own first.</summary>
    /// <exception cref="UserErrorException">
    /// Two have one name, an instance has one that there is not, or no instance decodes what others prefill.
    /// </exception>
    public static IReadOnlyList<ServedModel> Required(Scenario scenario)
    {
        ServedModel[] models = [.. scenario.Models];
        string[] names = [.. models.Select(model => model.Name)];
        if (names.GroupBy(name => name).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new UserErrorException($"model: the cluster has {twice.Key} twice; allowed: once");
        }

        foreach (
            var name in scenario.Instances.Select(instance => instance.Model).OfType<string>().Distinct()
        )
        {
            if (!names.Skip(1).Contains(name))
            {
                throw new UserErrorException(
                    $"model: an instance serves '{name}'; allowed: {string.Join(", ", names.Skip(1))}.{Suggestion.For(name, names)}"
                );
            }
        }

        if (models.Length > 1)
        {
            foreach (var name in scenario.Instances.Select(instance => instance.Model).Distinct())
            {
                RequireBothStages(scenario, name);
            }
        }

        return models;
    }

    private static void RequireBothStages(Scenario scenario, string? name)
    {
        bool Has(IReadOnlyList<InstanceSpec> stage) => stage.Any(instance => instance.Model == name);
        if (!Has(scenario.MixedInstances))
        {
            var missing =
                !Has(scenario.PrefillInstances) ? "prefill"
                : !Has(scenario.DecodeInstances) ? "decode"
                : null;
            if (missing is not null)
            {
                throw new UserErrorException(
                    $"the cluster has no {missing} instance of {name ?? scenario.Model.Id}"
                );
            }
        }
    }
}
