namespace LlmSim.Batching;

/// <summary>
/// For how many tokens an iteration that only decodes is computed: its kernels are replayed from a graph that was recorded for
/// the next larger size. Beyond the largest there is no graph and no padding.
/// </summary>
internal sealed class GraphPadding
{
    /// <summary>By tokens, up to the largest size.</summary>
    private readonly int[] _padded;

    public GraphPadding(IReadOnlyList<int> capturedSizes)
    {
        _padded = new int[capturedSizes.Count == 0 ? 1 : capturedSizes[^1] + 1];
        var tokens = 1;
        foreach (var size in capturedSizes)
        {
            for (; tokens <= size; tokens++)
            {
                _padded[tokens] = size;
            }
        }
    }

    public int Padded(int tokens) => tokens < _padded.Length ? Math.Max(tokens, _padded[tokens]) : tokens;
}
