using LlmSim.Experiments.Planning;

namespace LlmSim.Cli.Output;

/// <summary>Which assumption moves the answer of a plan, as a table.</summary>
internal static class InfluenceReport
{
    public static void Write(PlanQuestion question, IReadOnlyList<Influence> influences, CliConsole console)
    {
        var table = TextTable.Create("assumption", "20 % lower", "as assumed", "20 % higher");
        foreach (var influence in influences)
        {
            table.Add(
                influence.Assumption,
                Text(question, influence.Lower),
                Text(question, influence.Now),
                Text(question, influence.Higher)
            );
        }

        console.Out.WriteLine();
        TextTable.Write(table, console);
        if (Sensitivity.NotVaried(question.Base) is { } reason)
        {
            console.Out.WriteLine(reason);
        }
    }

    private static string Text(PlanQuestion question, PlanRow? row) =>
        row is null ? "nothing holds" : $"{row.Candidate.Name} ({Weight(question, row)})";

    private static string Weight(PlanQuestion question, PlanRow row) =>
        question.Objective switch
        {
            PlanObjective.Cost => $"${PlanText.Digits(row.CostPerHour!.Value)}/h",
            PlanObjective.Rate => $"{PlanText.Digits(row.Rate!.Value)}/s",
            _ => FormattableString.Invariant($"{row.Candidate.Accelerators} GPUs"),
        };
}
