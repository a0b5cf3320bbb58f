using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim compare</c>: what differs between two result sets, and whether it is more than chance.</summary>
internal sealed class CompareCommand : CliCommand
{
    private readonly Argument<string> _a = File("A", "summary CSV of the one sweep (--csv_output)");
    private readonly Argument<string> _b = File("B", "summary CSV of the other, with the same seeds");

    private readonly Option<string[]> _figures = new("--figures")
    {
        Description =
            "columns to compare ["
            + string.Join(' ', SummaryFigure.Main.Select(figure => figure.Column))
            + "]",
        HelpName = "COLUMN",
        AllowMultipleArgumentsPerToken = true,
    };

    public CompareCommand(CliConsole console)
        : base(
            "compare",
            "Compare two sweeps seed by seed: paired differences B - A with 95 % intervals.",
            console
        )
    {
        Add(_a);
        Add(_b);
        AddGroups(new OptionGroup("Output", [_figures]));
        AllowSeveralValues(Groups);
        Examples =
        [
            "llmsim compare fcfs.csv shortest.csv",
            "llmsim compare fcfs.csv shortest.csv --figures ttft_p99 goodput_requests_per_second",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var figures = parse.GetValue(_figures) is { Length: > 0 } columns
            ? columns.Select(SummaryFigure.Named)
            : SummaryFigure.Main;
        var (a, b) = (parse.GetRequiredValue(_a), parse.GetRequiredValue(_b));
        ComparisonReport.Write(
            ResultComparison.Of(a, b, [.. figures.Select(figure => figure.Column)]),
            a,
            b,
            Console
        );
    }

    private static Argument<string> File(string name, string description) =>
        new(name) { HelpName = name, Description = description };
}
