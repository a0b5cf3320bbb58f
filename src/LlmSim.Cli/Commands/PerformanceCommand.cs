using System.CommandLine;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim performance</c>: performance models of one's own.</summary>
internal sealed class PerformanceCommand : Command
{
    public PerformanceCommand(CliConsole console)
        : base("performance", "Where the times of iterations come from.") =>
        Add(new PerformanceCheckCommand(console));
}
