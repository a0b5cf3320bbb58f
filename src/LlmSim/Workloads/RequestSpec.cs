using LlmSim.Engine;

namespace LlmSim.Workloads;

/// <summary>A request as a workload describes it: what the cluster is asked, before anything has happened to it.</summary>
/// <param name="Id">0, 1, 2, … in the order of the workload.</param>
/// <param name="Arrival">When it reaches the cluster, from the start of the simulation.</param>
/// <param name="InputTokens">Length of the prompt in tokens, at least 1.</param>
/// <param name="OutputTokens">Tokens that it will generate, at least 1. Policies do not see it.</param>
/// <param name="HashIds">One id for each block of the prompt; equal ids are equal content behind an equal prefix. Null when not read.</param>
/// <param name="HashBlockTokens">Tokens of such a block, at least 1; the last one of a prompt may hold fewer.</param>
public readonly record struct RequestSpec(
    long Id,
    SimTime Arrival,
    int InputTokens,
    int OutputTokens,
    int[]? HashIds = null,
    int HashBlockTokens = RequestSpec.MooncakeBlockTokens
)
{
    /// <summary>Tokens of a block in Mooncake's published traces.</summary>
    public const int MooncakeBlockTokens = 512;
}
