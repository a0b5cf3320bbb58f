using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>A distribution of prompt or output lengths.</summary>
internal interface ILengthDistribution
{
    /// <summary>A length in tokens, at least 1.</summary>
    int Sample(RandomStream random);
}
