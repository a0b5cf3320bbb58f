using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Kernels;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim kernels list</c>: the accelerators whose operations were measured.</summary>
internal sealed class KernelsListCommand : CliCommand
{
    public KernelsListCommand(CliConsole console)
        : base("list", "List the accelerators whose measured operations come with llmsim.", console)
    {
        Examples = ["llmsim kernels list"];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var table = TextTable.Create("Accelerator", "Engine", "Version", ">points", "Products in");
        foreach (var kernels in KernelInventory.All())
        {
            table.Add(
                kernels.Hardware,
                kernels.Engine,
                kernels.Version,
                Figures.Count(kernels.Points),
                string.Join(", ", kernels.Formats)
            );
        }

        TextTable.Write(table, Console, width: 80);
    }
}
