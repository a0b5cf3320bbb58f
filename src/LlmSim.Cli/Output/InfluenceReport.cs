using LlmSim.Experiments.Planning;

namespace LlmSim.Cli.Output;

/// <summary>Which assumption moves the answer of a plan, as a table.</summary>
internal static class InfluenceReport
{
    public static void Write(
        PlanQuestion question,
        LoadBound bound,
        IReadOnlyList<Influence> influences,
        CliConsole console
    )
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
        foreach (var influence in influences)
        {
            WriteReason($"{influence.Assumption}, 20 % lower", influence.Lower, console);
            WriteReason($"{influence.Assumption}, 20 % higher", influence.Higher, console);
        }

        if (Sensitivity.NotVaried(bound) is { } reason)
        {
            console.Out.WriteLine(reason);
        }
    }

    private static void WriteReason(string varied, InfluenceCase one, CliConsole console)
    {
        if (one.Reason is { } reason)
        {
            console.Out.WriteLine($"{varied}: nothing holds: {reason}");
        }
    }

    private static string Text(PlanQuestion question, InfluenceCase one) =>
        one.Row is null
            ? "nothing holds"
            : $"{one.Row.Candidate.Name} ({PlanText.Objective(question, one.Objective)})";
}
