using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>What a comparison says of the errors of predictions, class by class.</summary>
internal static class HeldOutErrors
{
    /// <summary>Fewer figures than this say nothing of nine in ten.</summary>
    public const int LeastFigures = 10;

    private static readonly string[] s_metrics = ["ttft_mean", "tpot_mean", "e2e_mean"];

    /// <summary>The former errors, with those of the comparison in the place of their classes of the same file.</summary>
    /// <param name="former">What there was.</param>
    /// <param name="validation">The comparison; what a fit has seen is not in it.</param>
    /// <param name="source">The file of the measurements, as errors name it.</param>
    /// <param name="command">What made it.</param>
    /// <param name="date">When.</param>
    public static PredictionErrors Merge(
        PredictionErrors former,
        ServingValidation validation,
        string source,
        string command,
        DateOnly date
    )
    {
        ClassErrors[] classes =
        [
            .. validation
                .Outcomes.Where(outcome => outcome.Subject is not null)
                .GroupBy(outcome => Key(outcome.Subject!))
                .Select(group => Of([.. group], source, command, date))
                .Where(one => one.Figures.Count > 0),
        ];
        var renewed = classes.Select(Key).ToHashSet();
        return new PredictionErrors([
            .. former
                .Errors.Where(one => !renewed.Contains(Key(one)))
                .Concat(classes)
                .OrderBy(one => one.Tier, StringComparer.Ordinal)
                .ThenBy(one => one.Family, StringComparer.Ordinal)
                .ThenBy(one => one.Mode, StringComparer.Ordinal)
                .ThenBy(one => one.Load, StringComparer.Ordinal)
                .ThenBy(one => one.Source, StringComparer.Ordinal),
        ]);
    }

    private static (string, string, string, string) Key(PredictionSubject subject) =>
        (subject.Tier.Name(), subject.Family, subject.Mode, subject.Load);

    private static (string, string, string, string, string) Key(ClassErrors errors) =>
        (errors.Tier, errors.Family, errors.Mode, errors.Load, errors.Source);

    private static ClassErrors Of(CaseOutcome[] outcomes, string source, string command, DateOnly date)
    {
        PredictionSubject[] subjects = [.. outcomes.Select(outcome => outcome.Subject!)];
        var figures = s_metrics
            .Select(metric => Of(metric, [.. outcomes.SelectMany(outcome => FiguresOf(outcome, metric))]))
            .OfType<FigureErrors>()
            .ToArray();
        return new ClassErrors
        {
            Tier = subjects[0].Tier.Name(),
            Family = subjects[0].Family,
            Mode = subjects[0].Mode,
            Load = subjects[0].Load,
            Source = source,
            Date = date,
            Command = command,
            Configurations = figures.Select(figure => figure.Count).DefaultIfEmpty().Max(),
            Accelerators = All(subjects, subject => subject.Accelerators),
            Engines = All(subjects, subject => subject.Engines),
            Precisions = All(subjects, subject => subject.Precisions),
            MostAccelerators = subjects.Max(subject => subject.MostAccelerators),
            Figures = figures,
        };
    }

    /// <summary>Where only the gap between tokens was measured, of requests of one length, its mean is that of TPOT.</summary>
    private static IEnumerable<MeasuredAndPredicted> FiguresOf(CaseOutcome outcome, string metric)
    {
        var figures = outcome.Figures.Where(figure => figure.Metric == metric).ToArray();
        return (
            figures.Length == 0 && metric == "tpot_mean"
                ? outcome.Figures.Where(figure => figure.Metric == "itl_mean")
                : figures
        ).Select(figure => figure.Seconds);
    }

    private static FigureErrors? Of(string metric, MeasuredAndPredicted[] figures)
    {
        MeasuredAndPredicted[] known = [.. figures.Where(figure => double.IsFinite(figure.ErrorPercent))];
        if (known.Length < LeastFigures)
        {
            return null;
        }

        var errors = ErrorSpread.Of(known.Select(figure => figure.ErrorPercent));
        double[] ratios = [.. known.Select(figure => figure.Measured / figure.Predicted).Order()];
        return new FigureErrors
        {
            Metric = metric,
            Count = known.Length,
            MedianErrorPercent = Math.Round(errors.Median, 1),
            P90ErrorPercent = Math.Round(errors.P90, 1),
            MeasuredOverPredicted = new(Quantile(5), Quantile(25), Quantile(50), Quantile(75), Quantile(95)),
        };

        double Quantile(double percent) => Math.Round(Statistics.Quantile(ratios, percent), 3);
    }

    private static string[] All(
        PredictionSubject[] subjects,
        Func<PredictionSubject, IReadOnlyList<string>> values
    ) => [.. subjects.SelectMany(values).Distinct().Order(StringComparer.Ordinal)];
}
