using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Policies;
using LlmSim.Testing;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim policies check</c>: whether a policy keeps the contract that all policies keep.</summary>
internal sealed class PoliciesCheckCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME")
    {
        Description = "the policy, with options as NAME:key=value where they matter",
    };

    private readonly PluginArguments _plugins = new();

    public PoliciesCheckCommand(CliConsole console)
        : base("check", "Try a policy on random decisions and in small simulations.", console)
    {
        Add(_name);
        AddGroups(_plugins.PolicyGroup);
        Examples = ["llmsim policies check shortest", "llmsim policies check milp:time_limit=0.1"];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var name = parse.GetRequiredValue(_name);
        var (passed, failed) = (0, 0);
        var catalogs = _plugins.Load(parse, [new NamedPolicy(PolicyDecisions.None, name)], [], Console);
        foreach (var check in PolicyContract.Check(catalogs.Policies, name, Console.Cancellation))
        {
            passed += check.Passed ? 1 : 0;
            failed += check.Passed ? 0 : 1;
            var decision = string.Join(", ", PolicyDecisionNames.Of(check.Decision));
            Console.Out.WriteLine(
                $"{(check.Passed ? "ok    " : "FAILED")}  {decision}: {TerminalText.Message(check.Clause)}"
            );
            if (!check.Passed)
            {
                Console.Out.WriteLine($"        {TerminalText.Message(check.Failure!)}");
            }
        }

        if (failed > 0)
        {
            throw new UserErrorException($"policy '{name}': {failed} of {passed + failed} checks failed");
        }
    }
}
