using System.CommandLine;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>A command that may be a sweep.</summary>
internal interface ISweepingCommand
{
    /// <summary>Writes the results of a command line whose points its shards have.</summary>
    /// <returns>The exit code.</returns>
    int Merge(ParseResult parse, IReadOnlyList<ShardFolder> shards);
}
