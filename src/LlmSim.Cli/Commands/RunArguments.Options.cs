using System.CommandLine;
using System.CommandLine.Parsing;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Sweeps;
using LlmSim.Performance;
using LlmSim.Policies;

namespace LlmSim.Cli.Commands;

/// <content>Options that several of them are like.</content>
internal sealed partial class RunArguments
{
    private static Option<string> ClusterFile(string name, string stage) =>
        CliOption.File(
            name,
            $"the {stage} instances: a JSON list of {{\"hardware\": …, \"tp_size\": …}} [four NVIDIA_H100_SXM "
                + $"at tp 4; with --semantics reference four NVIDIA_A100_40G at tp {(stage == "prefill" ? 4 : 8)}]"
        );

    private static Option<string> Policy(
        string name,
        string description,
        string? defaultValue,
        PolicyDecisions decision
    ) =>
        CliOption.Text(
            name,
            description,
            defaultValue,
            "POLICY",
            new OptionValue.Text(() =>
                ShippedPolicies
                    .Catalog.All.Where(policy => policy.Decisions.HasFlag(decision))
                    .Select(policy => policy.Name)
            )
        );

    private static Option<string> Skew() =>
        CliOption.Text(
            ExpertSkewOption.Name,
            "how unevenly tokens meet the experts: balanced, uniform, power_law, zipf:S, a list of loads of the experts, or a file with one; for instances that "
                + "do not say it themselves [the mean of all ranks; with kernels as they were measured]",
            null,
            "SKEW",
            new OptionValue.Text(() => ExpertSkew.Usual)
        );

    private static Option<double> Slo(string name, string quantity, double defaultSeconds) =>
        CliOption.Number(
            name,
            $"{quantity} below which a request meets its SLO",
            defaultSeconds,
            FigureRanges.LimitSeconds
        );

    /// <summary>The options of the simulation that the command line has.</summary>
    private (string Name, string[] Values)[] Given(ParseResult parse) =>
        [
            .. _point
                .Options.Select(parse.GetResult)
                .Where(result => result is { Implicit: false })
                .Select(result => (Name(result!.Option), Values(result))),
        ];

    private static string Name(Option option) => option.Name.TrimStart('-');

    /// <summary>A switch has no value of its own.</summary>
    private static string[] Values(OptionResult result) =>
        result.Tokens.Count == 0 ? ["true"] : [.. result.Tokens.Select(token => token.Value)];

    /// <summary>The same with the section of a scenario file that each stands in.</summary>
    public IEnumerable<(string Section, OptionGroup Group)> Sections =>
        Groups.Zip(
            [
                "workload",
                "cluster",
                "model",
                "performance",
                "policies",
                "slos",
                "clients",
                "fleet",
                "statistics",
            ],
            (group, section) => (section, group)
        );

    /// <summary>Fails at a setting of a simulation whose value is wrong; others are not looked at.</summary>
    /// <exception cref="UserErrorException">It is wrong.</exception>
    public void Check(Setting setting)
    {
        if (_point.Options.Any(option => Name(option) == setting.Option))
        {
            Configuration([setting]);
        }
    }
}
