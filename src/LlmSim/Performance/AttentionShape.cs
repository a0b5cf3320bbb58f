namespace LlmSim.Performance;

/// <summary>How large an attention is, summed over the requests of the batch.</summary>
/// <param name="Queries">Query tokens.</param>
/// <param name="Pairs">Pairs of query and key that are computed.</param>
/// <param name="Scores">Elements of the whole score matrices, masked ones included.</param>
/// <param name="Keys">Key tokens.</param>
/// <param name="KeysRead">Key tokens as often as the fused kernel reads them: once for each block of query rows.</param>
/// <param name="LongestKeys">Key tokens that one block of query rows passes, at the most.</param>
/// <param name="LongestContext">Tokens of the longest context of a prompt, seen or not.</param>
internal readonly record struct AttentionShape(
    double Queries,
    double Pairs,
    double Scores,
    double Keys,
    double KeysRead,
    double LongestKeys = 0,
    double LongestContext = 0
);

/// <summary>Seconds of the decode attention of one layer, ready for use in each iteration.</summary>
internal readonly record struct DecodeAttentionTime(
    double OpsSecondsPerKey,
    double BytesSecondsPerKey,
    double BytesSecondsPerRequest,
    double LaunchSeconds
)
{
    /// <summary>That of so many queries of each request: they do the arithmetic of so many requests, and read the keys of one.</summary>
    public DecodeAttentionTime ForQueries(int queriesEach) =>
        queriesEach == 1
            ? this
            : this with
            {
                OpsSecondsPerKey = OpsSecondsPerKey * queriesEach,
                BytesSecondsPerRequest = BytesSecondsPerRequest * queriesEach,
            };

    public double Seconds(double requests, double keys) => UnderRoofs(requests, keys) + LaunchSeconds;

    public double UnderRoofs(double requests, double keys) =>
        Math.Max(keys * OpsSecondsPerKey, keys * BytesSecondsPerKey + requests * BytesSecondsPerRequest);

    /// <summary>How the seconds go on while each iteration adds so many keys: along one of the two roofs, up to where they meet.</summary>
    public DecodeTrend Trend(double requests, double keys, double keysPerIteration)
    {
        var ops = (Seconds: keys * OpsSecondsPerKey, Growth: keysPerIteration * OpsSecondsPerKey);
        var bytes = (
            Seconds: keys * BytesSecondsPerKey + requests * BytesSecondsPerRequest,
            Growth: keysPerIteration * BytesSecondsPerKey
        );
        var (upper, lower) = ops.Seconds > bytes.Seconds ? (ops, bytes) : (bytes, ops);
        var iterationsToMeeting =
            lower.Growth > upper.Growth
                ? (upper.Seconds - lower.Seconds) / (lower.Growth - upper.Growth)
                : int.MaxValue;
        // The conversion saturates.
        var iterations = Math.Max(1, (int)Math.Ceiling(iterationsToMeeting));
        return new(upper.Seconds + LaunchSeconds, upper.Growth, iterations);
    }
}

/// <summary>What fused attention computes and moves for each pair, query and key, over the heads of one accelerator.</summary>
internal readonly record struct FusedAttention(
    double OpsPerPair,
    double QueryBytes,
    double OutputBytes,
    double ScoreBytes,
    double KeyBytes,
    double PairBytes = 0
)
{
    public OperationWork For(in AttentionShape shape, FlashOutput output) =>
        new(
            Ops: shape.Pairs * OpsPerPair,
            WeightBytes: 0,
            ActivationInBytes: shape.Queries * QueryBytes,
            ActivationOutBytes: output == FlashOutput.ScoreMatrix
                ? 2 * shape.Scores * ScoreBytes
                : shape.Queries * OutputBytes,
            KvInBytes: shape.KeysRead * KeyBytes + shape.Pairs * PairBytes,
            LongestKeys: shape.LongestKeys
        );
}
