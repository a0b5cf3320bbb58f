using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim version</c>.</summary>
internal sealed class VersionCommand : CliCommand
{
    public VersionCommand(CliConsole console)
        : base("version", "Print the version.", console)
    {
        Examples = ["llmsim version"];
        SetAction(_ => Console.Out.WriteLine(ProductVersion.Text));
    }
}
