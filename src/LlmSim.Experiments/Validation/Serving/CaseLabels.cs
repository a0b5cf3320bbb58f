using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>What cases may be chosen and classed by.</summary>
internal static class CaseLabels
{
    public static IReadOnlyDictionary<string, string> Of(
        ServingDeployment deployment,
        ModelCatalog models,
        params (string Name, string Value)[] others
    )
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["engine"] = deployment.Engine,
            ["engine_version"] = deployment.EngineVersion,
            ["model"] = deployment.Model,
            ["family"] = RowNames.Family(deployment.Model, models),
            ["system"] = deployment.System,
            ["precision"] = deployment.Precision,
        };
        foreach (var (name, value) in others)
        {
            labels.Add(name, value);
        }

        return labels;
    }
}
