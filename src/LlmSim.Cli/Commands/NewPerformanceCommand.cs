using System.CommandLine;
using LlmSim.Experiments.Extensions;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim new performance</c>: a performance model that works, to be changed into another.</summary>
internal sealed class NewPerformanceCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME")
    {
        Description = "its name on the command line: lower-case letters, digits and underscores",
    };

    private readonly Option<string> _output = CliOption.Folder(
        "output",
        "folder to write it to",
        "performance",
        "DIR"
    );

    public NewPerformanceCommand(CliConsole console)
        : base("performance", "Write a commented performance model that works at once.", console)
    {
        Add(_name);
        AddGroups(new OptionGroup("Options", [_output]));
        Examples = ["llmsim new performance my_times", "llmsim new performance my_times --output models"];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var path = PerformanceTemplate.Write(parse.GetRequiredValue(_name), parse.GetRequiredValue(_output));
        Console.Out.WriteLine(
            $"""
            {path} is a performance model that works. Now:
              llmsim performance check mine:{path}
              llmsim run --performance mine:{path}
            """
        );
    }
}
