using System.CommandLine;
using LlmSim.Experiments.Reports;

namespace LlmSim.Cli.Commands;

/// <summary>A page for people.</summary>
internal sealed class ReportArguments
{
    private readonly Option<string> _report = CliOption.File(
        ReportOptions.Option.TrimStart('-'),
        "a page with the result, interactive charts, the configuration and what the figures rest on, .html; opens without a network"
    );

    public OptionGroup Group => new("Report", [_report]);

    /// <summary>What to write; null for nothing.</summary>
    public ReportOptions? Read(ParseResult parse) =>
        parse.GetValue(_report) is { } path ? new ReportOptions(path, CommandLineText.Of(parse)) : null;
}
