using System.CommandLine;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim kernels</c>: measured operations of accelerators.</summary>
internal sealed class KernelsCommand : Command
{
    public KernelsCommand(CliConsole console)
        : base(
            "kernels",
            "Measured operations of accelerators: what there is, and how to bring in newer ones."
        )
    {
        Add(new KernelsListCommand(console));
        Add(new KernelsImportCommand(console));
    }
}
