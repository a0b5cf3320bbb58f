using System.CommandLine;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim merge</c>: the results of a sweep from its shards.</summary>
internal sealed class MergeCommand : CliCommand
{
    private readonly Argument<string[]> _folders = new("folders")
    {
        HelpName = "DIR...",
        Description = "the folders of all shards of a sweep, as --shard has made them",
        Arity = ArgumentArity.OneOrMore,
    };

    public MergeCommand(CliConsole console)
        : base(
            "merge",
            "Write the results of a sweep whose shards have run: the rest of the command that they were given, in the same folder.",
            console
        )
    {
        Add(_folders);
        Examples = ["llmsim merge results.shards/*"];
        SetAction(Execute);
    }

    private int Execute(ParseResult parse)
    {
        var shards = ShardSet.Read(parse.GetRequiredValue(_folders));
        string[] command = [.. shards[0].Manifest.Command];
        var merged = new LlmSimCommand(Console).Parse(command, CliApplication.ParserConfiguration);
        return merged is { Errors.Count: 0, CommandResult.Command: ISweepingCommand sweep }
            ? sweep.Merge(merged, shards)
            : throw new UserErrorException(
                $"{shards[0].Path}: its command is none of this version: {string.Join(' ', command)}"
            );
    }
}
