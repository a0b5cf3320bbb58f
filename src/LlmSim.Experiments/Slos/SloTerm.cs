using System.Globalization;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Slos;

/// <summary>How a figure is compared with its limit.</summary>
internal enum SloComparison
{
    /// <summary>&lt;</summary>
    Below,

    /// <summary>&lt;=</summary>
    AtMost,

    /// <summary>&gt;</summary>
    Above,

    /// <summary>&gt;=</summary>
    AtLeast,
}

/// <summary>A limit for a figure, such as <c>ttft_p99&lt;1s</c>.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Comparison">On which side of the limit it has to be.</param>
/// <param name="Limit">In seconds, per cent or per second, exactly as it was written.</param>
internal sealed record SloTerm(SloFigure Figure, SloComparison Comparison, decimal Limit)
{
    private static readonly string[] s_signs = ["<", "<=", ">", ">="];

    /// <summary>The limit in seconds, per cent or per second.</summary>
    public double Value => (double)Limit;

    /// <summary>Whether the figure must not be too large.</summary>
    public bool IsUpper => Comparison is SloComparison.Below or SloComparison.AtMost;

    /// <summary>Whether the limit itself will not do.</summary>
    public bool IsStrict => Comparison is SloComparison.Below or SloComparison.Above;

    /// <summary>Whether a run meets it. One that has no such figure does not.</summary>
    public bool IsMet(RunSummary summary) => IsMetBy(ValueOf(summary));

    /// <summary>Whether a value of the figure meets it; NaN does not.</summary>
    public bool IsMetBy(double value) =>
        Comparison switch
        {
            SloComparison.Below => value < Value,
            SloComparison.AtMost => value <= Value,
            SloComparison.Above => value > Value,
            _ => value >= Value,
        };

    /// <summary>The figure of a run in seconds, per cent or per second; NaN where it has none.</summary>
    public double ValueOf(RunSummary summary) => Figure.Value(summary);

    /// <summary>As it may be written, in the unit that reads best: it is read back as the same.</summary>
    public override string ToString() => $"{Figure.Name}{s_signs[(int)Comparison]}{LimitText()}";

    private string LimitText() =>
        Figure.Quantity switch
        {
            SloQuantity.Share => $"{Text(Limit)}%",
            SloQuantity.Rate => $"{Text(Limit)}/s",
            _ when Limit is 0 or >= 1 => $"{Text(Limit)}s",
            _ when Limit >= 1e-3m => $"{Text(Limit * 1_000)}ms",
            _ => $"{Text(Limit * 1_000_000)}us",
        };

    private static string Text(decimal value) =>
        value.ToString("0.############################", CultureInfo.InvariantCulture);
}
