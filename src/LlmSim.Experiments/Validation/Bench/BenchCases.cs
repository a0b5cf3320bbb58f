using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>Results of load tests on one deployment as cases.</summary>
internal static class BenchCases
{
    /// <summary>The cases in the order of the results.</summary>
    /// <param name="results">At least one.</param>
    /// <param name="configuration">The deployment, and how it is simulated.</param>
    /// <param name="model">The model that was served; null for the one that the results name.</param>
    /// <exception cref="UserErrorException">The deployment is wrong, or the model is not known.</exception>
    public static IReadOnlyList<BenchRun> Of(
        IReadOnlyList<BenchResult> results,
        RunConfiguration configuration,
        string? model
    )
    {
        var served = configuration with { Model = model ?? ModelOf(results, configuration.Catalogs.Models) };
        // What is wrong with the deployment is wrong with all: it is said once, not as a fault of the first result.
        var precision = ServedModels.DescribePrecision(Experiment.CreateScenario(served));
        return [.. results.Select(result => BenchRun.Of(result, served, precision))];
    }

    /// <summary>The one model of all results.</summary>
    private static string ModelOf(IReadOnlyList<BenchResult> results, ModelCatalog catalog)
    {
        var first = results[0];
        if (results.FirstOrDefault(result => result.Model != first.Model) is { } other)
        {
            throw new UserErrorException(
                $"{other.Id}: found {Name(other)}, while {first.Id} has {Name(first)}; allowed: one model on one deployment: validate them apart, or "
                    + "say with --model which one both were"
            );
        }

        if (first.Model is not { } name)
        {
            throw new UserErrorException(
                $"{first.Id}: names no model; say with --model NAME which one was served"
            );
        }

        try
        {
            // Often a folder: the name is its end.
            return catalog.Find(name) is null ? catalog.Get(name.TrimEnd('/').Split('/')[^1]).Id : name;
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException(
                $"{first.Id}: model '{name}' is not in the catalog; say with --model NAME or a config.json which one was served. ({e.Message})",
                e
            );
        }
    }

    private static string Name(BenchResult result) =>
        result.Model is { } name ? $"model '{name}'" : "no model";
}
