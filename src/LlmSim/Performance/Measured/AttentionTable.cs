namespace LlmSim.Performance.Measured;

/// <summary>A measurement of the attention of one layer.</summary>
/// <param name="PrefillTokens">Scheduled tokens of the prefill requests.</param>
/// <param name="PrefillComputedTokens">Tokens computed already for those.</param>
/// <param name="DecodeRequests">Requests that decode.</param>
/// <param name="DecodeComputedTokens">Computed tokens of each of those.</param>
/// <param name="Seconds">The time.</param>
internal readonly record struct AttentionPoint(
    int PrefillTokens,
    int PrefillComputedTokens,
    int DecodeRequests,
    int DecodeComputedTokens,
    double Seconds
);

/// <summary>
/// Measured times of the attention of one layer: a slice for each pair of prefill tokens and decoding requests, linear in
/// the computed tokens within a slice and in the pair between slices. The nearest slice stands for one that was not
/// measured.
/// </summary>
internal sealed class AttentionTable
{
    private readonly int[] _prefillTokens;
    private readonly int[] _decodeRequests;

    /// <summary>By prefill tokens, then by decoding requests.</summary>
    private readonly AttentionSlice[] _slices;

    private readonly bool[] _isMeasured;

    /// <summary>The table of measurements in any order, at least one.</summary>
    public AttentionTable(IReadOnlyList<AttentionPoint> points)
    {
        Points = points;
        var slices = points
            .GroupBy(point => (point.PrefillTokens, point.DecodeRequests))
            .OrderBy(slice => slice.Key)
            .ToDictionary(slice => slice.Key, slice => new AttentionSlice(slice));
        _prefillTokens = [.. slices.Keys.Select(pair => pair.PrefillTokens).Distinct().Order()];
        _decodeRequests = [.. slices.Keys.Select(pair => pair.DecodeRequests).Distinct().Order()];
        var pairs = _prefillTokens.SelectMany(tokens =>
            _decodeRequests.Select(requests => (tokens, requests))
        );
        _isMeasured = [.. pairs.Select(slices.ContainsKey)];
        _slices =
        [
            .. pairs.Select(pair => slices.GetValueOrDefault(pair) ?? slices[Nearest(slices.Keys, pair)]),
        ];
        LastPrefillComputedTokens = slices.Values.Max(slice => slice.LastPrefillComputedTokens);
        LastDecodeComputedTokens = slices.Values.Max(slice => slice.LastDecodeComputedTokens);
    }

    /// <summary>What was measured.</summary>
    public IReadOnlyList<AttentionPoint> Points { get; }

    /// <summary>The most computed tokens of prefill requests that were measured.</summary>
    public int LastPrefillComputedTokens { get; }

    /// <summary>The most computed tokens of a decoding request that were measured.</summary>
    public int LastDecodeComputedTokens { get; }

    /// <summary>Seconds of the attention of one layer.</summary>
    /// <param name="prefillTokens">Scheduled tokens of the prefill requests.</param>
    /// <param name="prefillComputedTokens">Tokens computed already for those.</param>
    /// <param name="decodeRequests">Requests that decode.</param>
    /// <param name="decodeComputedTokens">Computed tokens of each of those.</param>
    public double Seconds(
        int prefillTokens,
        long prefillComputedTokens,
        int decodeRequests,
        long decodeComputedTokens
    )
    {
        var prefill = Bracket.Of(_prefillTokens, prefillTokens);
        var decode = Bracket.Of(_decodeRequests, decodeRequests);
        return prefill.Between(Row(prefill.Low), prefill.Fraction == 0 ? 0 : Row(prefill.High));

        double Row(int prefillIndex) =>
            decode.Between(
                Corner(prefillIndex, decode.Low),
                decode.Fraction == 0 ? 0 : Corner(prefillIndex, decode.High)
            );

        double Corner(int prefillIndex, int decodeIndex) =>
            _slices[Index(prefillIndex, decodeIndex)].Seconds(prefillComputedTokens, decodeComputedTokens);
    }

    /// <summary>Whether such a batch lies between slices that were measured, and not beyond their last points.</summary>
    public bool Covers(
        int prefillTokens,
        long prefillComputedTokens,
        int decodeRequests,
        long decodeComputedTokens
    )
    {
        if (
            prefillTokens > _prefillTokens[^1]
            || decodeRequests > _decodeRequests[^1]
            || prefillComputedTokens > LastPrefillComputedTokens
            || decodeComputedTokens > LastDecodeComputedTokens
        )
        {
            return false;
        }

        var prefill = Bracket.Of(_prefillTokens, prefillTokens);
        var decode = Bracket.Of(_decodeRequests, decodeRequests);
        return IsMeasured(prefill.Low) && (prefill.Fraction == 0 || IsMeasured(prefill.High));

        bool IsMeasured(int prefillIndex) =>
            _isMeasured[Index(prefillIndex, decode.Low)]
            && (decode.Fraction == 0 || _isMeasured[Index(prefillIndex, decode.High)]);
    }

    private int Index(int prefillIndex, int decodeIndex) =>
        prefillIndex * _decodeRequests.Length + decodeIndex;

    /// <summary>The least distance squared; of several the one with the fewest prefill tokens, then requests.</summary>
    private static (int, int) Nearest(
        IEnumerable<(int Tokens, int Requests)> measured,
        (int Tokens, int Requests) pair
    ) => measured.MinBy(other => Square(other.Tokens - pair.Tokens) + Square(other.Requests - pair.Requests));

    private static long Square(long value) => value * value;
}
