using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim compare</c>: what differs between two result sets, and whether it is more than chance.</summary>
internal sealed class CompareCommand : CliCommand
{
    private readonly Argument<string> _a = File("A", "summary CSV of the one sweep (--csv_output)");
    private readonly Argument<string?> _b = new("B")
    {
        HelpName = "B",
        Description = "summary CSV of the other, with the same seeds; none with --by",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _by = CliOption.Text(
        "by",
        "compare within A: rows that differ in this option and agree in all others and in the seed",
        valueName: "OPTION"
    );

    private readonly Option<string> _baseline = CliOption.Text(
        "baseline",
        "the value of that option that the others are compared with",
        valueName: "VALUE"
    );

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
            "Compare two sweeps, or the values of an option within one, seed by seed: paired differences B - A with 95 % intervals.",
            console
        )
    {
        Add(_a);
        Add(_b);
        var output = new OptionGroup("Output", [_figures]);
        AddGroups(new OptionGroup("Within one sweep", [_by, _baseline]), output);
        AllowSeveralValues([output]);
        Examples =
        [
            "llmsim compare fcfs.csv shortest.csv",
            "llmsim compare sweep.csv --by prefill_local --baseline fcfs",
            "llmsim compare fcfs.csv shortest.csv --figures ttft_p99 goodput_requests_per_second",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var figures = parse.GetValue(_figures) is { Length: > 0 } names
            ? names.Select(SummaryFigure.Named)
            : SummaryFigure.Main;
        string[] columns = [.. figures.Select(figure => figure.Column)];
        var (a, b) = (parse.GetRequiredValue(_a), parse.GetValue(_b));
        var (by, baseline) = (parse.GetValue(_by), parse.GetValue(_baseline));
        var comparison = (b, by) switch
        {
            (not null, null) when baseline is null => ResultComparison.Of(a, b, columns),
            (null, not null) => ResultComparison.Within(a, by, baseline, columns),
            (not null, not null) => throw new UserErrorException(
                "--by: compares within one file, but there are two; leave out the one or the other."
            ),
            (_, null) when baseline is not null => throw new UserErrorException(
                "--baseline: is a value of the option of --by; give that too."
            ),
            _ => throw new UserErrorException(
                "compare: found one file; give a second one, or --by and --baseline to compare within it."
            ),
        };
        ComparisonReport.Write(comparison, Console);
    }

    private static Argument<string> File(string name, string description) =>
        new(name) { HelpName = name, Description = description };
}
