using System.CommandLine;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim workload</c>: what comes in, apart from any cluster.</summary>
internal sealed class WorkloadCommand : Command
{
    public WorkloadCommand(CliConsole console)
        : base("workload", "Describe a trace, convert it, or write one.")
    {
        Add(new WorkloadStatsCommand(console));
        Add(new WorkloadGenerateCommand(console));
        Add(new WorkloadConvertCommand(console));
    }
}
