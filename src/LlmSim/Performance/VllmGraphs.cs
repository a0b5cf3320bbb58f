namespace LlmSim.Performance;

/// <summary>The sizes for which vLLM records graphs of kernels, as its configuration computes them (cudagraph_capture_sizes).</summary>
internal static class VllmGraphs
{
    private const int Largest = 512;

    /// <summary>
    /// 1, 2, 4, then multiples of 8 to 256, then multiples of 16; at most twice the requests of a batch, and no more than its tokens
    /// or 512.
    /// </summary>
    public static int[] CapturedSizes(int maxSequences, int maxBatchedTokens)
    {
        var largest = Math.Min(Math.Min(2L * maxSequences, maxBatchedTokens), Largest);
        return [.. Candidates().TakeWhile(size => size <= largest)];
    }

    private static IEnumerable<int> Candidates()
    {
        yield return 1;
        yield return 2;
        yield return 4;
        for (var size = 8; size <= Largest; size += size < 256 ? 8 : 16)
        {
            yield return size;
        }
    }
}
