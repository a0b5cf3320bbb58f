namespace LlmSim.Batching;

/// <summary>
/// For how many tokens an iteration that only decodes is computed: its kernels are replayed from a graph that was recorded for
/// the next larger size. Beyond the largest there is no graph and no padding.
/// </summary>
/// <param name="capturedSizes">The sizes, ascending.</param>
internal sealed class GraphPadding(IReadOnlyList<int> capturedSizes)
{
    private readonly int[] _sizes = [.. capturedSizes];

    public int Padded(int tokens)
    {
        var next = Array.BinarySearch(_sizes, tokens);
        next = next < 0 ? ~next : next;
        return tokens > 0 && next < _sizes.Length ? _sizes[next] : tokens;
    }
}
