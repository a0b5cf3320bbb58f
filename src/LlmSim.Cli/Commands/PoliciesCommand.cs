using LlmSim.Cli.Output;
using LlmSim.Policies;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim policies</c>: what there is for each decision.</summary>
internal sealed class PoliciesCommand : CliCommand
{
    public PoliciesCommand(CliConsole console)
        : base(
            "policies",
            "List the policies: the decisions they serve, their options, one line each.",
            console
        )
    {
        Examples = ["llmsim policies"];
        SetAction(_ => Execute());
    }

    private void Execute()
    {
        var table = TextTable.Create("Policy", "Decisions", "");
        foreach (var policy in PolicyCatalog.BuiltIn.All)
        {
            table.Add(
                policy.Name,
                string.Join('\n', PolicyDecisionNames.Of(policy.Decisions)),
                string.Join('\n', policy.Options.Select(Describe).Prepend(policy.Summary))
            );
        }

        Console.Out.Write(TextTable.Render(table, Console));
    }

    private static string Describe(PolicyOptionDescription option) =>
        $":{option.Key}={option.Default}  {option.Summary}; {option.Allowed}";
}
