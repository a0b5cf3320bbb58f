namespace LlmSim.Performance;

/// <summary>
/// Bytes that a model keeps for a request: for each token, for each token within a window that others leave, and whatever its length.
/// </summary>
/// <param name="BytesPerToken">Of layers that keep all tokens.</param>
/// <param name="WindowTokens">Tokens that the other layers keep of each group, with bytes of a token.</param>
/// <param name="StateBytes">Of layers with a state in the place of attention.</param>
internal sealed record KvFootprint(
    long BytesPerToken,
    (int Tokens, long BytesPerToken)[] WindowTokens,
    long StateBytes
)
{
    /// <summary>A model whose layers all keep all tokens.</summary>
    public static KvFootprint OfTokens(long bytesPerToken) => new(bytesPerToken, [], 0);

    /// <summary>
    /// What a model keeps. Where each layer has a window none counts as one: blocks of tokens are what memory is counted in, so that
    /// such a model is taken to keep all of a context.
    /// </summary>
    public static KvFootprint Of(ModelDescription model, Precision precision)
    {
        var valueBytes = precision.KvCache.BytesPerValue;
        var groups = model.AttentionGroups.ToArray();
        var forgets = !Array.TrueForAll(groups, group => group.ForgetsTokens);
        var all = groups
            .Where(group => !(forgets && group.ForgetsTokens))
            .Sum(group =>
                group.Layers * group.KvValues * valueBytes
                + (group.Indexer is { } indexer ? (double)indexer.Layers * indexer.KeyBytes : 0)
            );
        return new(
            (long)Math.Ceiling(all),
            [
                .. groups
                    .Where(group => forgets && group.ForgetsTokens)
                    .Select(group =>
                        (group.Window!.Tokens, (long)Math.Ceiling(group.Layers * group.KvValues * valueBytes))
                    ),
            ],
            (long)
                Math.Ceiling(
                    (model.Recurrent?.Layers ?? 0)
                        * (model.Recurrent?.BytesPerRequest(precision.HiddenState.BytesPerValue) ?? 0)
                )
        );
    }

    /// <summary>Bytes beside those of <see cref="BytesPerToken" /> of a request of so many tokens.</summary>
    public long BesideBytes(long tokens)
    {
        var bytes = StateBytes;
        foreach (var window in WindowTokens)
        {
            bytes += Math.Min(tokens, window.Tokens) * window.BytesPerToken;
        }

        return bytes;
    }

    /// <summary>All bytes of a request of so many tokens, which may be a mean.</summary>
    public double Bytes(double tokens) =>
        tokens * BytesPerToken
        + StateBytes
        + WindowTokens.Sum(window => Math.Min(tokens, window.Tokens) * window.BytesPerToken);
}
