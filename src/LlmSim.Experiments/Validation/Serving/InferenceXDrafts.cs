using LlmSim.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// Multi-token prediction in rows of InferenceX. A row does not say how many tokens were drafted nor accepted, but it has both the gaps between messages
/// and the time per output token: a message has the tokens of so many iterations, and their number over those iterations is the mean acceptance length.
/// </summary>
internal static class InferenceXDrafts
{
    /// <summary>Iterations between two messages, as the benchmark's scripts set them (stream_interval); the longest is TensorRT-LLM's under Dynamo.</summary>
    private static readonly int[] s_streamIntervals = [1, 10];
    private static readonly int[] s_longStreamIntervals = [1, 10, 100];

    /// <summary>What was drafted in a row; null when that cannot be told.</summary>
    /// <param name="framework">Engine and what is around it.</param>
    /// <param name="isAmd">Whether the accelerators are AMD's.</param>
    /// <param name="hasDataParallelAttention">Of the decode side.</param>
    /// <param name="meanGapSeconds">Between messages.</param>
    /// <param name="meanTpotSeconds">Per output token.</param>
    public static SpeculationSpec? Of(
        string framework,
        bool isAmd,
        bool hasDataParallelAttention,
        double meanGapSeconds,
        double meanTpotSeconds
    )
    {
        var isTensorRt = framework.Contains("trt", StringComparison.Ordinal);
        var drafts = Drafts(isTensorRt, isAmd, hasDataParallelAttention);
        foreach (var interval in isTensorRt ? s_longStreamIntervals : s_streamIntervals)
        {
            var tokens = meanGapSeconds / meanTpotSeconds / interval;
            if (tokens > 1.1 && tokens < 1 + drafts)
            {
                return SpeculationSpec.OfMeanTokens(DraftMethod.Mtp, drafts, tokens);
            }
        }

        return null;
    }

    /// <summary>
    /// Scripts of TensorRT-LLM draft three tokens, and one with data-parallel attention; those of SGLang two on NVIDIA's accelerators and three on AMD's,
    /// as those of ATOM.
    /// </summary>
    private static int Drafts(bool isTensorRt, bool isAmd, bool hasDataParallelAttention) =>
        isTensorRt ? (hasDataParallelAttention ? 1 : 3)
        : isAmd ? 3
        : 2;
}
