namespace LlmSim.Performance;

/// <summary>
/// How tokens come to divided experts and back where attention is data-parallel: the names of vLLM's <c>--all2all-backend</c>
/// (all2all_backend of a cluster file).
/// </summary>
public enum AllToAllBackend
{
    /// <summary>Each rank gets the tokens of all, and its own are summed over all: vLLM's default.</summary>
    AllGatherReduceScatter,

    /// <summary>DeepEP's kernels for a few tokens: each token goes to the ranks of its experts.</summary>
    DeepEpLowLatency,

    /// <summary>DeepEP's kernels for many tokens: once to each node, and from there to its ranks.</summary>
    DeepEpHighThroughput,
}
