using System.CommandLine;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim new</c>: files to start from.</summary>
internal sealed class NewCommand : Command
{
    public NewCommand(CliConsole console)
        : base("new", "Write a file to start from.")
    {
        Add(new NewPolicyCommand(console));
        Add(new NewPerformanceCommand(console));
    }
}
