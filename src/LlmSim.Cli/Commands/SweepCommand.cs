using System.CommandLine;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim sweep</c>: the simulations that a file describes.</summary>
internal sealed class SweepCommand : CliCommand, ISweepingCommand
{
    private readonly RunArguments _run = new();
    private readonly OutputArguments _output = new();

    private readonly Argument<string> _file = new("file")
    {
        HelpName = "FILE",
        Description =
            "YAML with base, grid, zip, seeds or replications, whose options are those of llmsim run; see docs/experiments.md",
    };

    public SweepCommand(CliConsole console)
        : base("sweep", "Run the simulations that a file describes.", console)
    {
        Add(_file);
        AddGroups([.. _output.Groups, _run.PluginGroup]);
        AllowSeveralValues([_output.RequirementsGroup]);
        Examples =
        [
            "llmsim sweep sweep.yaml --print_plan",
            "llmsim sweep sweep.yaml --csv_output results.csv",
            "llmsim sweep sweep.yaml --csv_output results.csv --resume",
            "llmsim sweep sweep.yaml --csv_output results.csv --shard 2/8",
            "llmsim sweep sweep.yaml --require 'ttft_p99<1s'",
        ];
        SetAction(parse => Merge(parse, []));
    }

    /// <inheritdoc />
    public int Merge(ParseResult parse, IReadOnlyList<ShardFolder> shards) =>
        SweepExecution.Run(
            _run.Plan(parse.GetRequiredValue(_file), parse, Console),
            parse,
            _output,
            shards,
            Console
        );
}
