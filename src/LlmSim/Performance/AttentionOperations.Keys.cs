namespace LlmSim.Performance;

/// <content>How many keys decoding requests read.</content>
internal sealed partial class AttentionOperations
{
    /// <summary>Keys that a decode iteration reads; of a window as if each context had the mean length.</summary>
    public double DecodeKeys(in DecodeBatch batch)
    {
        var keys =
            _semantics.DecodeAttentionContext == DecodeAttentionContext.One ? batch.Requests
            : _semantics.BatchPadding == BatchPadding.Longest
                ? (long)batch.Requests * batch.LongestContextTokens
            : batch.ContextTokens;
        return _window is null ? keys : Math.Min(keys, (double)batch.Requests * _window.Tokens);
    }

    /// <summary>Keys that each further iteration of an unchanged batch reads more, and for how many iterations.</summary>
    public (double Keys, int Iterations) DecodeKeysPerIteration(in IterationBatch iteration)
    {
        var (batch, growth) = (iteration.Decode, iteration.DecodeGrowthTokens);
        if (_semantics.DecodeAttentionContext == DecodeAttentionContext.One)
        {
            return (0, int.MaxValue);
        }

        if (_window is null)
        {
            return (growth, int.MaxValue);
        }

        var iterations = _window.GrowingIterations(
            DecodeKeys(batch) / batch.Requests,
            growth / batch.Requests
        );
        return iterations == 0 ? (0, int.MaxValue) : (growth, iterations);
    }
}
