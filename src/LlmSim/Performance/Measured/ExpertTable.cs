namespace LlmSim.Performance.Measured;

/// <summary>Measured times of the experts of one layer, by tokens and by experts that have any: linear in both.</summary>
internal sealed class ExpertTable
{
    private readonly int[] _experts;
    private readonly Curve[] _byTokens;

    /// <summary>The table of measurements in any order, at least one.</summary>
    public ExpertTable(IEnumerable<ExpertPoint> points)
    {
        var rows = points.GroupBy(point => point.ActivatedExperts).OrderBy(row => row.Key).ToArray();
        _experts = [.. rows.Select(row => row.Key)];
        _byTokens =
        [
            .. rows.Select(row => new Curve(
                row.Select(point => new CurvePoint(point.Tokens, point.Seconds))
            )),
        ];
    }

    /// <summary>What was measured, by experts and then tokens.</summary>
    public IEnumerable<ExpertPoint> Points =>
        _experts
            .Zip(_byTokens)
            .SelectMany(row =>
                row.Second.Points.Select(point => new ExpertPoint(point.Position, row.First, point.Seconds))
            );

    /// <summary>The most tokens measured.</summary>
    public int LastTokens => _byTokens.Max(curve => curve.Last);

    /// <summary>The most experts measured.</summary>
    public int LastExperts => _experts[^1];

    /// <summary>Seconds for so many tokens at so many experts.</summary>
    public double Seconds(double tokens, double activatedExperts)
    {
        var bracket = Bracket.Of(_experts, activatedExperts);
        return bracket.Between(
            _byTokens[bracket.Low].Seconds(tokens),
            _byTokens[bracket.High].Seconds(tokens)
        );
    }
}

/// <summary>A measurement of the experts of one layer.</summary>
/// <param name="Tokens">Tokens before they are sent to their experts.</param>
/// <param name="ActivatedExperts">Experts that have tokens.</param>
/// <param name="Seconds">The time.</param>
internal readonly record struct ExpertPoint(int Tokens, int ActivatedExperts, double Seconds);
