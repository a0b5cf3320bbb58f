using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Slos;

namespace LlmSim.Cli.Output;

/// <summary>Which limits of --require runs do not keep.</summary>
internal static class RequirementsReport
{
    /// <summary>So many are said of a sweep one by one.</summary>
    private const int MostTold = 20;

    /// <summary>Says on standard error which limits are not met.</summary>
    /// <param name="results">With the names of the points; the only run has none.</param>
    /// <param name="console">Where it is said.</param>
    /// <returns>The exit code.</returns>
    public static int Tell(IEnumerable<(string Name, RunResult Result)> results, CliConsole console)
    {
        var unmet = results
            .SelectMany(pair => pair.Result.Unmet.Select(requirement => (pair.Name, requirement)))
            .ToArray();
        foreach (var (name, requirement) in unmet.Take(MostTold))
        {
            console.Tell($"{(name.Length > 0 ? $"{name}: " : "")}not met: {Describe(requirement)}");
        }

        if (unmet.Length > MostTold)
        {
            console.Tell($"not met: {Figures.Count(unmet.Length - MostTold)} more");
        }

        return unmet.Length == 0 ? ExitCode.Success : ExitCode.NotMet;
    }

    /// <summary>The limit and the run's figure beside it.</summary>
    public static string Describe(Requirement requirement) => $"{requirement.Term}: {Value(requirement)}";

    private static string Value(Requirement requirement) =>
        double.IsNaN(requirement.Value)
            ? "the run has no such figure"
            : SloFigure.Find(requirement.Figure)!.Quantity switch
            {
                SloQuantity.Time => Figures.Duration(requirement.Value),
                SloQuantity.Share => $"{Figures.Number(requirement.Value)} %",
                _ => $"{Figures.Number(requirement.Value)} /s",
            };
}
