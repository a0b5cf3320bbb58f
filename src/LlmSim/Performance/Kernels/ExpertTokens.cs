namespace LlmSim.Performance.Kernels;

/// <summary>How tokens come to the rank of an expert, which decides the kernels that compute it.</summary>
internal enum ExpertTokens
{
    /// <summary>Every rank has all tokens, and takes from them those of its experts.</summary>
    Gathered,

    /// <summary>The same where the ranks are data-parallel instances, whose engine has other kernels for that.</summary>
    GatheredFromGroup,

    /// <summary>A rank gets its experts' tokens one after the other: DeepEP's kernels for many tokens.</summary>
    SentMany,

    /// <summary>A rank gets them in a place of its own for each expert: DeepEP's kernels for a few tokens.</summary>
    SentFew,
}
