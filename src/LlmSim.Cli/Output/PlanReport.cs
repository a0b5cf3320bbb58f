using System.Globalization;
using LlmSim.Experiments.Planning;
using LlmSim.Experiments.Slos;
using LlmSim.Metrics;

namespace LlmSim.Cli.Output;

/// <summary>The answer of a plan: a sentence, then a table.</summary>
internal static class PlanReport
{
    public static void Write(
        PlanAnswer answer,
        Prober prober,
        string folder,
        bool explains,
        CliConsole console
    )
    {
        console.Out.WriteLine(PlanVerdict.Of(answer));
        console.Out.WriteLine();
        if (answer.Rows.Count > 0)
        {
            WriteRows(answer, console);
            console.Out.WriteLine();
            console.Out.WriteLine("Figures are means over the seeds ± half the 95 % confidence interval.");
        }

        console.Out.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{answer.Question.Shapes.Count:N0} kinds of instances, {prober.ClustersUnderLoad:N0} clusters simulated under load, in all {prober.Simulated + prober.Remembered:N0} runs of {prober.Requests:N0} requests ({prober.Remembered:N0} runs from the journal)."
            )
        );
        console.Out.WriteLine(
            $"{folder}/ has the table, and of each candidate a scenario that runs and commands that deploy it."
        );
        if (explains)
        {
            console.Out.WriteLine();
            WriteReasons(answer, console);
        }
    }

    private static void WriteRows(PlanAnswer answer, CliConsole console)
    {
        var terms = answer.Question.Slos.Select(slo => $">{slo.Figure.Name}");
        var table = TextTable.Create([
            "candidate",
            ">GPUs",
            ">$/h",
            ">$/M tokens",
            ">J/token",
            ">requests/s",
            .. answer.Question.Objective == PlanObjective.Goodput ? new[] { ">within deadlines" } : [],
            .. terms,
            ">tokens/s/GPU",
            ">tokens/s/user",
            ">busy %",
            "tier",
            "inside the error",
        ]);
        foreach (var row in answer.Rows)
        {
            table.Add([
                row.Candidate.Name,
                row.Candidate.Accelerators.ToString(CultureInfo.InvariantCulture),
                Text(row.CostPerHour),
                Text(row.CostPerMillionTokens),
                Text(row.JoulesPerToken),
                Text(
                    row.Rate
                        ?? row.Judgement.Results.Average(result =>
                            result.Summary.ArrivalWindow.RequestsPerSecond
                        )
                ),
                .. row.Goodput is { } goodput
                    ? new[] { $"{Text(goodput.Mean)} ± {Text(goodput.HalfWidth)}" }
                    : [],
                .. row.Judgement.Terms.Select(term => Text(term.Slo.Figure, term.Estimate)),
                Text(row.TokensPerSecondPerAccelerator),
                Text(row.TokensPerSecondPerUser),
                Text(100 * row.Utilization),
                row.Tier,
                row.Confidence,
            ]);
        }

        TextTable.Write(table, console);
    }

    private static void WriteReasons(PlanAnswer answer, CliConsole console)
    {
        var table = TextTable.Create("kind of instance", "outcome");
        foreach (var search in answer.Searches)
        {
            table.Add(search.Shape.Name, search.Outcome);
        }

        TextTable.Write(table, console);
    }

    private static string Text(SloFigure figure, MeanEstimate estimate) =>
        double.IsNaN(estimate.HalfWidth)
            ? PlanText.Figure(figure, estimate.Mean)
            : $"{PlanText.Figure(figure, estimate.Mean)} ± {PlanText.Figure(figure, estimate.HalfWidth)}";

    private static string Text(double? value) =>
        value is { } number && double.IsFinite(number) ? PlanText.Digits(number) : "";
}
