using System.Globalization;
using LlmSim.Experiments;
using LlmSim.Experiments.Validation;
using LlmSim.Experiments.Validation.Bench;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Cli.Output;

/// <summary>The figures of each load test, measured and predicted.</summary>
internal static class BenchReport
{
    private static readonly string[] s_quantities = ["ttft", "tpot", "itl", "e2e"];

    public static void Write(ServingValidation validation, CliConsole console)
    {
        if (
            validation.Outcomes.Select(outcome => outcome.Case).OfType<BenchRun>().FirstOrDefault() is
            { } first
        )
        {
            console.Out.WriteLine($"Precision   {TerminalText.Escape(first.Precision)}");
        }

        foreach (var outcome in validation.Outcomes.Where(outcome => outcome.Figures.Count > 0))
        {
            if (outcome.Case is BenchRun run)
            {
                console.Out.WriteLine();
                WriteRun(run, outcome.Figures, console);
            }
        }
    }

    private static void WriteRun(BenchRun run, IReadOnlyList<ComparedFigure> figures, CliConsole console)
    {
        var writer = console.Out;
        var lengths = run.Result.Load.Lengths;
        writer.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{TerminalText.Escape(run.Id)}: {run.Result.Tool}, {lengths.Count} requests of {lengths.Average(length => length.Input):0.#} + {lengths.Average(length => length.Output):0.#} tokens, {run.Result.Load}"
            )
        );
        foreach (var notice in run.Notices)
        {
            writer.WriteLine($"  note: {TerminalText.Escape(notice)}");
        }

        var table = TextTable.Create("Figure", "", ">measured", ">predicted", ">error %");
        foreach (var quantity in s_quantities)
        {
            var name = quantity.ToUpperInvariant();
            foreach (var figure in figures)
            {
                if (
                    figure.Metric.Split('_') is not [var of, var statistic]
                    || of != quantity
                    || !IsShown(statistic)
                )
                {
                    continue;
                }

                Add(name, $"{statistic} ms", figure.Seconds.Measured * 1e3, figure.Seconds.Predicted * 1e3);
                name = "";
            }
        }

        if (figures.FirstOrDefault(figure => figure.Metric == "duration") is { Metric: not null } duration)
        {
            var tokens = lengths.Sum(length => (double)length.Output);
            Add("duration", "s", duration.Seconds.Measured, duration.Seconds.Predicted);
            Add(
                "throughput",
                "requests/s",
                lengths.Count / duration.Seconds.Measured,
                lengths.Count / duration.Seconds.Predicted
            );
            Add(
                "",
                "output tokens/s",
                tokens / duration.Seconds.Measured,
                tokens / duration.Seconds.Predicted
            );
        }

        TextTable.Write(table, console);

        void Add(string name, string unit, double measured, double predicted) =>
            table.Add(
                name,
                unit,
                Digits(measured),
                Digits(predicted),
                new MeasuredAndPredicted(measured, predicted).ErrorPercent.ToString(
                    "+0.0;-0.0;0.0",
                    CultureInfo.InvariantCulture
                )
            );
    }

    /// <summary>Means, medians and tails; percentiles below are in CSV and JSON.</summary>
    private static bool IsShown(string statistic) =>
        statistic[0] != 'p' || double.Parse(statistic.AsSpan(1), CultureInfo.InvariantCulture) >= 50;

    private static string Digits(double value) =>
        value.ToString(value < 100 ? "0.000" : "#,0.0", CultureInfo.InvariantCulture);
}
