using System.Globalization;

namespace LlmSim.Performance.Kernels;

/// <content>The names of the grids: what was measured, and in which formats.</content>
internal sealed partial class KernelSet
{
    /// <summary>How many quantities the shapes of a grid have; null for a name that no lookup knows.</summary>
    public static int? Rank(string name)
    {
        return name.Split('/') switch
        {
            [AllReduce] => 2,
            [Experts or ExpertsFromGroup or ExpertsSentMany or ExpertsSentFew, var format]
                when IsFormat(format) => 2,
            [Gemm, var format] when IsFormat(format) => 3,
            [LatentPrompts or LatentDecode, var format, var bits] when IsFormat(format) && IsCount(bits) => 3,
            [PromptAttention or DecodeAttention, var head, var bits] when IsCount(head) && IsCount(bits) => 3,
            _ => null,
        };

        static bool IsFormat(string name)
        {
            return KernelFormat.All.Any(format => format.Name == name);
        }

        static bool IsCount(string text)
        {
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count > 0;
        }
    }

    /// <summary>Whether experts were measured whose tokens come so.</summary>
    public bool HasExpertsOf(ExpertTokens come) =>
        KernelFormat.All.Any(format => _grids.ContainsKey(ExpertsName(format, come)));

    /// <summary>Whether experts of a format were measured whose tokens come so.</summary>
    public bool HasExpertsOf(ExpertTokens come, KernelFormat format) =>
        _grids.ContainsKey(ExpertsName(format, come));

    /// <summary>Whether the first axis of a grid counts shapes of experts.</summary>
    public static bool IsOfExperts(string name) =>
        name.Split('/')[0] is Experts or ExpertsFromGroup or ExpertsSentMany or ExpertsSentFew;
}
