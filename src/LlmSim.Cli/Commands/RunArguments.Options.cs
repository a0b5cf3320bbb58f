using System.CommandLine;
using LlmSim.Experiments.Extensions;
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

    private static Option<double> Slo(string name, string quantity, double defaultSeconds) =>
        CliOption.Number(
            name,
            $"{quantity} below which a request meets its SLO",
            defaultSeconds,
            FigureRanges.LimitSeconds
        );
}
