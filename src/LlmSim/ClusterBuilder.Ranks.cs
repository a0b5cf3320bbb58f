using LlmSim.Performance;

namespace LlmSim;

/// <content>Instances whose ranks share the tokens of prompts.</content>
internal sealed partial class ClusterBuilder
{
    /// <summary>The instance, if it can have so many ranks.</summary>
    private InstanceSpec WithRanks(InstanceSpec spec, InstanceRole role)
    {
        if (spec.CpSize is null or 1)
        {
            return spec;
        }

        if (role != InstanceRole.Prefill)
        {
            throw new UserErrorException(
                $"cp_size: found {spec.CpSize} on a {role.ToString().ToLowerInvariant()} instance; allowed there: 1, since ranks share the tokens of a prompt, and a request that decodes has one"
            );
        }

        return Beside(spec) is { } other
            ? throw new UserErrorException(
                $"cp_size: found {spec.CpSize} beside {other}; allowed: one of them, since both together are not simulated"
            )
            : spec;
    }

    /// <summary>What it has that is not simulated with several ranks; null for nothing.</summary>
    private string? Beside(InstanceSpec spec)
    {
        var model = models[spec.Model].Served.Model;
        return spec switch
        {
            { PpSize: > 1 } => $"pp_size {spec.PpSize}",
            { Engine.DataParallelGroup: { } group } => $"data_parallel_group {group}",
            { Engine.Speculation: not null } => "speculative_config",
            { Engine.Lora: not null } => "lora",
            { Engine.StructuredOutput: not null } => "structured_output",
            _ when spec.ExpertParallel > spec.TpSize =>
                $"expert_parallel {spec.ExpertParallel} above tp_size {spec.TpSize}",
            _ when model.Recurrent is not null => $"the recurrent layers of {model.Id}",
            _ when Encoder(spec) is not null => "requests with pictures that no encode instance encodes",
            _ => null,
        };
    }
}
