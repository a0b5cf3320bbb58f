namespace LlmSim.Performance.Kernels;

/// <summary>
/// The routed experts of one shape on one rank, from the four measured shapes that are nearest, each in proportion to its roof but for the
/// launch. Nearness is in logarithms of what a rank has: the width of the hidden state and of an expert, its experts, the share of them that
/// a token meets. A shape that was measured is taken alone. Safe for use by several threads.
/// </summary>
internal sealed class ExpertTimes
{
    private const int Neighbours = 4;

    private readonly KernelRoofs _roofs;
    private readonly KernelFormat _format;
    private readonly KernelFormat _tableFormat;
    private readonly KernelGrid _grid;
    private readonly ExpertShape _shape;
    private readonly ExpertTokens _come;
    private readonly double _launchSeconds;
    private readonly (int Index, ExpertShape Shape, double Weight)[] _neighbours;

    public ExpertTimes(
        KernelSet kernels,
        KernelFormat format,
        ExpertShape shape,
        ExpertTokens come = ExpertTokens.Gathered
    )
    {
        _roofs = kernels.Roofs;
        _format = format;
        (_tableFormat, _grid, var shapes, _launchSeconds) = kernels.ExpertGrid(format, come);
        (_shape, _come) = (shape, come);
        var nearest = shapes
            .Select((other, i) => (Index: i, Shape: other, Distance: Distance(other, shape)))
            .OrderBy(other => other.Distance)
            .Take(Neighbours)
            .ToArray();
        if (nearest[0].Distance == 0)
        {
            nearest = nearest[..1];
        }

        var sum = nearest.Sum(other => Weight(other.Distance));
        _neighbours = [.. nearest.Select(other => (other.Index, other.Shape, Weight(other.Distance) / sum))];
    }

    /// <summary>The most tokens that were measured.</summary>
    public int LastTokens => _grid.Axes[1][^1];

    /// <summary>
    /// Seconds of one layer whose fullest rank has other work than it had when the tables were measured: what a layer takes beyond a launch grows with the square
    /// root of the roof of that work, which fits tables of several distributions best (docs/expert-parallelism.md).
    /// </summary>
    /// <param name="tokens">Tokens of all ranks.</param>
    /// <param name="measured">The fullest rank of the tables.</param>
    /// <param name="fullest">That of the layer.</param>
    public double Seconds(double tokens, FullestRank measured, FullestRank fullest)
    {
        var growth = Math.Sqrt(Roof(_tableFormat, fullest) / Roof(_tableFormat, measured));
        return Math.Max(
            Roof(_format, fullest),
            _launchSeconds + (Math.Max(0, Seconds(tokens) - _launchSeconds) * growth)
        );

        double Roof(KernelFormat format, FullestRank rank)
        {
            return _roofs.ExpertSeconds(format, _shape, tokens, _come, rank.Rows, rank.Experts);
        }
    }

    /// <summary>Seconds of one layer.</summary>
    public double Seconds(double tokens)
    {
        var own = _roofs.ExpertSeconds(_tableFormat, _shape, tokens, _come);
        var logRatio = 0.0;
        foreach (var (index, shape, weight) in _neighbours)
        {
            var other = _roofs.ExpertSeconds(_tableFormat, shape, tokens, _come);
            var ratio = _grid.Ratio([index + 1, tokens], out _) + _launchSeconds * (1 / own - 1 / other);
            logRatio += weight * Math.Log(Math.Max(1, ratio));
        }

        var seconds = Math.Exp(logRatio) * own;
        if (_format == _tableFormat)
        {
            return seconds;
        }

        // What the format of the table takes beyond a launch grows with the roof, and the launch is as long in both.
        var roof = _roofs.ExpertSeconds(_format, _shape, tokens, _come);
        return Math.Max(roof, _launchSeconds + (seconds - _launchSeconds) * roof / own);
    }

    private static double Weight(double distance) => distance == 0 ? 1 : 1 / distance;

    /// <summary>The square of the distance.</summary>
    private static double Distance(in ExpertShape one, in ExpertShape other) =>
        Square(one.Hidden, other.Hidden)
        + Square((double)one.Intermediate / one.TensorRanks, (double)other.Intermediate / other.TensorRanks)
        + Square((double)one.Experts / one.ExpertRanks, (double)other.Experts / other.ExpertRanks)
        + Square((double)one.Chosen / one.Experts, (double)other.Chosen / other.Experts);

    private static double Square(double one, double other)
    {
        var difference = Math.Log(one / other);
        return difference * difference;
    }
}
