namespace LlmSim.Performance.Measured;

/// <summary>
/// How much slower attention is when the contexts of the decoding requests differ than when all have their mean: a share
/// α of what a batch of the longest context would take more. α is looked up in bins.
/// </summary>
internal sealed class SkewCorrection
{
    private readonly SkewAxis _requests;
    private readonly SkewAxis _rate;
    private readonly SkewAxis _longest;
    private readonly SkewAxis _prefillComputedTokens;
    private readonly double _defaultAlpha;
    private readonly Dictionary<int, double[]> _alphas = [];

    /// <summary>The correction of one degree of tensor parallelism.</summary>
    /// <param name="requests">Bins of the number of decoding requests.</param>
    /// <param name="rate">Bins of the skew rate, (mean − min) / (max − min).</param>
    /// <param name="longest">Bins of the longest context.</param>
    /// <param name="prefillComputedTokens">Bins of the tokens computed for the prefill requests.</param>
    /// <param name="rows">Fitted values; the last of several in one bin counts.</param>
    /// <param name="defaultAlpha">The value where there is none.</param>
    public SkewCorrection(
        SkewAxis requests,
        SkewAxis rate,
        SkewAxis longest,
        SkewAxis prefillComputedTokens,
        IEnumerable<SkewAlpha> rows,
        double defaultAlpha
    )
    {
        _requests = requests;
        _rate = rate;
        _longest = longest;
        _prefillComputedTokens = prefillComputedTokens;
        _defaultAlpha = defaultAlpha;
        foreach (var row in rows)
        {
            if (!_alphas.TryGetValue(row.PrefillTokens, out var alphas))
            {
                var bins = requests.Bins * rate.Bins * longest.Bins * prefillComputedTokens.Bins;
                alphas = [.. Enumerable.Repeat(defaultAlpha, bins)];
                _alphas.Add(row.PrefillTokens, alphas);
            }

            alphas[Index(row.RequestsBin, row.RateBin, row.LongestBin, row.PrefillComputedBin)] = row.Alpha;
        }
    }

    /// <summary>α of a batch; the rows hold for exactly their number of prefill tokens.</summary>
    public double Alpha(
        int prefillTokens,
        int requests,
        double skewRate,
        double longest,
        double prefillComputedTokens
    ) =>
        _alphas.TryGetValue(prefillTokens, out var alphas)
            ? alphas[
                Index(
                    _requests.Bin(requests),
                    _rate.Bin(skewRate),
                    _longest.Bin(longest),
                    _prefillComputedTokens.Bin(prefillComputedTokens)
                )
            ]
            : _defaultAlpha;

    private int Index(int requests, int rate, int longest, int prefillComputed) =>
        ((requests * _rate.Bins + rate) * _longest.Bins + longest) * _prefillComputedTokens.Bins
        + prefillComputed;
}

/// <summary>Bins along one axis, each up to and including its upper edge; the last has none.</summary>
/// <param name="edges">The lower edge of the first bin, then the upper edge of each.</param>
/// <param name="labels">Names of the bins, one fewer than edges.</param>
internal sealed class SkewAxis(IReadOnlyList<double> edges, IReadOnlyList<string> labels)
{
    private readonly double[] _upperEdges = [.. edges.Skip(1)];

    /// <summary>Number of bins.</summary>
    public int Bins => labels.Count;

    /// <summary>Names of the bins.</summary>
    public IReadOnlyList<string> Labels => labels;

    /// <summary>The bin of a value.</summary>
    public int Bin(double value)
    {
        var bin = 0;
        while (bin < Bins - 1 && value > _upperEdges[bin])
        {
            bin++;
        }

        return bin;
    }
}

/// <summary>α in one bin of each axis.</summary>
/// <param name="PrefillTokens">Scheduled tokens of the prefill requests, exactly.</param>
/// <param name="RequestsBin">Bin of the number of decoding requests.</param>
/// <param name="RateBin">Bin of the skew rate.</param>
/// <param name="LongestBin">Bin of the longest context.</param>
/// <param name="PrefillComputedBin">Bin of the tokens computed for the prefill requests.</param>
/// <param name="Alpha">The share.</param>
internal readonly record struct SkewAlpha(
    int PrefillTokens,
    int RequestsBin,
    int RateBin,
    int LongestBin,
    int PrefillComputedBin,
    double Alpha
);
