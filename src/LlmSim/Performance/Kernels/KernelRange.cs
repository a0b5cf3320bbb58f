namespace LlmSim.Performance.Kernels;

/// <summary>How far the tables reach that a model on an instance needs, and how often it was asked beyond them.</summary>
/// <param name="lastTokens">The most tokens of an iteration.</param>
/// <param name="hasWeights">Whether all weights of layers have sides within the tables.</param>
/// <param name="lastPromptTokens">The longest prompt of which attention was measured.</param>
/// <param name="lastDecodeRequests">The most requests whose decode attention was measured.</param>
/// <param name="lastContext">The longest context of which it was.</param>
internal sealed class KernelRange(
    int lastTokens,
    bool hasWeights,
    double lastPromptTokens,
    double lastDecodeRequests,
    double lastContext
)
{
    private long _beyondTokens;
    private long _beyondAttention;

    /// <summary>Times that were asked for.</summary>
    public long Iterations { get; private set; }

    /// <summary>Those of them beyond a table.</summary>
    public long IterationsOutOfRange { get; private set; }

    /// <summary>The same by table.</summary>
    public IReadOnlyDictionary<string, long> OutOfRange =>
        new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            ["attention"] = _beyondAttention,
            ["tokens"] = _beyondTokens,
            ["weights"] = hasWeights ? 0 : Iterations,
        };

    /// <summary>Counts an iteration.</summary>
    public void Count(in IterationBatch batch)
    {
        var isBeyondTokens = Math.Max(batch.Tokens, batch.GroupTokens) > lastTokens;
        var isBeyondAttention =
            (
                batch.DecodeRequests > 0
                && (
                    batch.DecodeRequests > lastDecodeRequests
                    || batch.Decode.ContextTokens > lastContext * batch.DecodeRequests
                )
            )
            || (
                batch.PrefillRequests > 0
                && batch.PrefillTokens + batch.PrefillComputedTokens
                    > lastPromptTokens * batch.PrefillRequests
            );
        Iterations++;
        _beyondTokens += isBeyondTokens ? 1 : 0;
        _beyondAttention += isBeyondAttention ? 1 : 0;
        IterationsOutOfRange += isBeyondTokens || isBeyondAttention || !hasWeights ? 1 : 0;
    }
}
