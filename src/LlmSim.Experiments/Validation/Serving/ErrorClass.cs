namespace LlmSim.Experiments.Validation.Serving;

/// <summary>The errors of the cases that have the same labels.</summary>
/// <param name="Name">Values of the labels.</param>
/// <param name="Errors">Errors by metric.</param>
internal sealed record ErrorClass(string Name, IReadOnlyDictionary<string, ErrorSpread> Errors)
{
    private const string All = "all";

    /// <summary>The classes by name, and behind them all cases together.</summary>
    public static IReadOnlyList<ErrorClass> Of(
        IReadOnlyList<CaseOutcome> outcomes,
        IReadOnlyList<string> labels
    )
    {
        var compared = outcomes.Where(outcome => outcome.Figures.Count > 0).ToArray();
        var classes = compared
            .GroupBy(outcome => NameOf(outcome.Case, labels))
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Of(group.Key, group))
            .ToArray();
        return classes.Length > 1 ? [.. classes, Of(All, compared)] : classes;
    }

    /// <summary>Name of the class of a case.</summary>
    public static string NameOf(MeasuredCase one, IReadOnlyList<string> labels) =>
        labels.Count == 0
            ? All
            : string.Join(' ', labels.Select(label => one.Labels.GetValueOrDefault(label, "")));

    private static ErrorClass Of(string name, IEnumerable<CaseOutcome> outcomes) =>
        new(
            name,
            outcomes
                .SelectMany(outcome => outcome.Figures)
                .GroupBy(figure => figure.Metric)
                .ToDictionary(
                    group => group.Key,
                    group => ErrorSpread.Of(group.Select(figure => figure.Seconds.ErrorPercent)),
                    StringComparer.Ordinal
                )
        );
}

/// <summary>How far predictions are off, in per cent of what was measured.</summary>
/// <param name="Count">Figures.</param>
/// <param name="Median">Median of the absolute errors.</param>
/// <param name="P90">Nine in ten absolute errors are not above it.</param>
/// <param name="SignedMedian">Median of the errors: below 0 where predictions are too fast.</param>
internal readonly record struct ErrorSpread(int Count, double Median, double P90, double SignedMedian)
{
    public static ErrorSpread Of(IEnumerable<double> errors)
    {
        double[] signed = [.. errors.Where(double.IsFinite).Order()];
        double[] absolute = [.. signed.Select(Math.Abs).Order()];
        return new ErrorSpread(
            signed.Length,
            Statistics.Quantile(absolute, 50),
            Statistics.Quantile(absolute, 90),
            Statistics.Quantile(signed, 50)
        );
    }
}
