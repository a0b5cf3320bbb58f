namespace LlmSim.Performance.Measured;

/// <summary>Attention with one number of prefill tokens and of decoding requests, by the tokens computed already.</summary>
internal sealed class AttentionSlice
{
    private readonly int[] _prefillComputedTokens;
    private readonly Curve[] _byDecodeComputedTokens;

    public AttentionSlice(IEnumerable<AttentionPoint> points)
    {
        var rows = points.GroupBy(point => point.PrefillComputedTokens).OrderBy(row => row.Key).ToArray();
        _prefillComputedTokens = [.. rows.Select(row => row.Key)];
        _byDecodeComputedTokens =
        [
            .. rows.Select(row => new Curve(
                row.Select(point => new CurvePoint(point.DecodeComputedTokens, point.Seconds))
            )),
        ];
    }

    public int LastPrefillComputedTokens => _prefillComputedTokens[^1];

    public int LastDecodeComputedTokens => _byDecodeComputedTokens.Max(curve => curve.Last);

    public double Seconds(double prefillComputedTokens, double decodeComputedTokens)
    {
        var bracket = Bracket.Of(_prefillComputedTokens, prefillComputedTokens);
        var low = _byDecodeComputedTokens[bracket.Low].Seconds(decodeComputedTokens);
        return bracket.Fraction == 0
            ? low
            : bracket.Between(low, _byDecodeComputedTokens[bracket.High].Seconds(decodeComputedTokens));
    }
}
