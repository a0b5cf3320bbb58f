using System.CommandLine;
using LlmSim.Experiments.Extensions;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim new policy</c>: a policy that works, to be changed into another.</summary>
internal sealed class NewPolicyCommand : CliCommand
{
    private const string StandardFolder = "policies";

    private readonly Argument<string> _name = new("NAME")
    {
        Description = "its name on the command line: lower-case letters, digits and underscores",
    };

    private readonly Option<string> _kind = CliOption.Choice(
        "kind",
        "what it decides, and how: routing by choice or by score or of both instances at once, queueing by choice or by key, admission, the size of a fleet, preemption, what an iteration computes, prediction",
        "scored",
        PolicyTemplate.Kinds
    );

    private readonly Option<string> _output = CliOption.Folder(
        "output",
        "folder to write it to",
        StandardFolder,
        "DIR"
    );

    public NewPolicyCommand(CliConsole console)
        : base("policy", "Write a commented policy that works at once.", console)
    {
        Add(_name);
        AddGroups(new OptionGroup("Options", [_kind, _output]));
        Examples =
        [
            "llmsim new policy my_router",
            "llmsim new policy my_queue --kind ordered --output my_policies",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var (name, kind) = (parse.GetRequiredValue(_name), parse.GetRequiredValue(_kind));
        var folder = parse.GetRequiredValue(_output);
        var path = PolicyTemplate.Write(name, kind, folder);
        var decision = kind switch
        {
            "global" or "scored" or "joint" => "prefill_global",
            "admission" => "admission_policy",
            "autoscale" or "victim" or "batching" => kind,
            "predictor" => "output_predictor",
            _ => "prefill_local",
        };
        // Only engines ask what an iteration computes.
        var engines = kind == "batching" ? "--cluster configs/mixed.json " : "";
        var from = folder == StandardFolder ? "" : $" --policies {folder}";
        Console.Out.WriteLine(
            $"""
            {path} is a policy that works. Now:
              llmsim policies check {name}{from}
              llmsim run {engines}--{decision} {name}{from}
            """
        );
    }
}
