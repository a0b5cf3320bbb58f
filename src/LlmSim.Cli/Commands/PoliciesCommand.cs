using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Policies;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim policies</c>: what there is for each decision.</summary>
internal sealed class PoliciesCommand : CliCommand
{
    private readonly PluginArguments _plugins = new();

    public PoliciesCommand(CliConsole console)
        : base(
            "policies",
            "List the policies: the decisions they serve, their options, one line each.",
            console
        )
    {
        Add(new PoliciesCheckCommand(console));
        AddGroups(_plugins.PolicyGroup);
        Examples = ["llmsim policies", "llmsim policies --policies my_policies"];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var table = TextTable.Create("Policy", "Decisions", "");
        foreach (var policy in _plugins.Load(parse, [], [], Console).Policies.All)
        {
            table.AddLines([policy.Name], PolicyDecisionNames.Of(policy.Decisions), Describe(policy));
        }

        foreach (var policy in _plugins.DeclaredPolicies(parse, Console))
        {
            table.AddLines(
                [policy.Name],
                PolicyDecisionNames.Of(policy.Decisions),
                [policy.Summary, $"in {policy.Source}, not run; --policies shows its options"]
            );
        }

        TextTable.Write(table, Console, width: 80);
    }

    private static IEnumerable<string> Describe(PolicyDescription policy) =>
        [policy.Summary, .. policy.Options.Select(Describe), .. Source(policy)];

    private static IEnumerable<string> Source(PolicyDescription policy) =>
        policy.Source is { } source ? [$"from {source}"] : [];

    private static string Describe(PolicyOptionDescription option) =>
        $":{option.Key}={option.Default}  {option.Summary}; {option.Allowed}";
}
