using System.Globalization;
using LlmSim.Metrics;
using LlmSim.Performance;

namespace LlmSim.Experiments.Performance;

/// <summary>What the times of a run rest on, and how far such predictions were found to be off.</summary>
internal sealed record Prediction
{
    private static readonly (string Metric, string Name)[] s_figures =
    [
        ("ttft_mean", "TTFT"),
        ("tpot_mean", "TPOT"),
        ("e2e_mean", "E2E"),
    ];

    /// <summary>
    /// The tier of its least sure instance: "measured_profile", "kernels", "transferred", "calibrated", "roofline" or "own".
    /// </summary>
    public required string Tier { get; init; }

    /// <summary>Where the times come from, in words.</summary>
    public required string Source { get; init; }

    /// <summary>The held-out errors and what they are of, in words.</summary>
    public required string Error { get; init; }

    /// <summary>Why an instance's times are not of the best tier.</summary>
    public required IReadOnlyList<string> Notices { get; init; }

    /// <summary>In what the run lies beyond everything that the errors are of.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The errors of each figure that has some.</summary>
    internal IReadOnlyList<FigureErrors> Figures { get; init; } = [];

    /// <summary>The prediction of a scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="choose">Chooses what gives an instance its times.</param>
    internal static Prediction Of(Scenario scenario, Func<InstanceSpec, PerformanceChoice> choose) =>
        Of(scenario, choose, PredictionErrors.BuiltIn);

    /// <summary>The same with other errors.</summary>
    internal static Prediction Of(
        Scenario scenario,
        Func<InstanceSpec, PerformanceChoice> choose,
        PredictionErrors errors
    )
    {
        var instances = scenario
            .Instances.Distinct()
            .Select(spec => (Spec: spec, Choice: choose(spec)))
            .ToArray();
        var subject = PredictionSubject.Of(scenario, instances.Select(instance => instance.Choice));
        var found = s_figures
            .Select(figure => (figure.Name, Found: errors.Find(subject, figure.Metric)))
            .Where(figure => figure.Found is not null)
            .Select(figure => (figure.Name, figure.Found!.Class, figure.Found.Figure))
            .ToArray();
        return new Prediction
        {
            Tier = subject.Tier.Name(),
            Source = Describe(instances),
            Error = Describe(subject, found),
            Notices = [.. instances.Select(instance => instance.Choice.Notice).OfType<string>().Distinct()],
            // The reference's quirks are not meant to predict anything.
            Warnings =
                scenario.Semantics.Preset == Semantics.Standard.Preset
                    ? [.. OfSeveralTiers(instances), .. Beyond(subject, [.. errors.Of(subject)])]
                    : [],
            Figures = [.. found.Select(figure => figure.Figure)],
        };
    }

    /// <summary>The mean of each figure with the ranges in which such figures were measured.</summary>
    internal IReadOnlyList<PredictedRange> RangesOf(RunSummary summary) =>
        [.. Figures.Select(figure => PredictedRange.Of(figure, MeanOf(summary, figure.Metric)))];

    private static double MeanOf(RunSummary summary, string metric) =>
        metric switch
        {
            "ttft_mean" => summary.TtftSeconds.Mean,
            "tpot_mean" => summary.TpotSeconds.Mean,
            _ => summary.EndToEndSeconds.Mean,
        };

    private static string Describe((InstanceSpec Spec, PerformanceChoice Choice)[] instances)
    {
        var sources = instances
            .GroupBy(instance => instance.Choice.Source, StringComparer.Ordinal)
            .Select(group =>
                (group.Key, Hardware: group.Select(instance => instance.Spec.Hardware.Name).Distinct())
            )
            .ToArray();
        return sources is [var only]
            ? only.Key
            : string.Join("; ", sources.Select(one => $"{string.Join(", ", one.Hardware)}: {one.Key}"));
    }

    private static IEnumerable<string> OfSeveralTiers(
        (InstanceSpec Spec, PerformanceChoice Choice)[] instances
    )
    {
        var tiers = instances
            .Select(instance => instance.Choice.Tier)
            .Distinct()
            .Order()
            .Select(tier => tier.Words())
            .ToArray();
        if (tiers.Length > 1)
        {
            yield return $"instances differ in what their times rest on ({string.Join("; ", tiers)}): the one is too fast by more than the other, "
                + "and policies that look at their work prefer it";
        }
    }

    private static string Describe(
        PredictionSubject subject,
        (string Name, ClassErrors Class, FigureErrors Figure)[] figures
    )
    {
        if (figures.Length == 0)
        {
            return $"not known: no measured configuration of {FamilyWords(subject.Family)} was compared with this tier ({subject.Tier.Words()})";
        }

        var classes = figures
            .GroupBy(figure => figure.Class)
            .Select(group =>
                string.Join(
                    ", ",
                    group.Select((figure, i) => Describe(figure.Name, figure.Figure, isFirst: i == 0))
                ) + $": {Describe(group.Key, subject)}"
            );
        return string.Join("; ", classes);
    }

    private static string Describe(string name, FigureErrors errors, bool isFirst) =>
        isFirst
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{name} off by {errors.MedianErrorPercent:0.#} % in the median and {errors.P90ErrorPercent:0.#} % in nine of ten"
            )
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{name} {errors.MedianErrorPercent:0.#} and {errors.P90ErrorPercent:0.#} %"
            );

    private static string Describe(ClassErrors errors, PredictionSubject subject)
    {
        var other = errors.Mode == subject.Mode ? "" : $"; none of this class was {subject.Mode}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{FamilyWords(errors.Family)}, {errors.Mode}, {errors.Load} loop, {errors.Configurations:N0} measured that nothing was fitted to{other}"
        );
    }

    private static string FamilyWords(string families) =>
        string.Join(
            PredictionSubject.FamilySeparator,
            families.Split(PredictionSubject.FamilySeparator).Select(FamilyWord)
        );

    private static string FamilyWord(string family) =>
        family switch
        {
            "dense" => "dense models",
            "moe" => "models with experts",
            "hybrid" => "models with states beside attention",
            "sparse" => "models with sparse attention",
            _ => "experts with latent attention",
        };

    /// <summary>What no measured configuration of tier and family had.</summary>
    private static IEnumerable<string> Beyond(PredictionSubject subject, ClassErrors[] classes)
    {
        if (classes.Length == 0)
        {
            yield break;
        }

        string[] beyond =
        [
            .. subject.Accelerators.Where(name => !classes.Any(one => one.Accelerators.Contains(name))),
            .. subject
                .Precisions.Where(name => !classes.Any(one => one.Precisions.Contains(name)))
                .Select(name => $"precision {name}"),
            .. subject
                .Engines.Where(name =>
                    !classes.Any(one => one.Engines.Any(known => IsSameEngine(name, known)))
                )
                .Select(name => $"engine {name}"),
        ];
        var most = classes.Max(one => one.MostAccelerators);
        if (beyond.Length > 0 || subject.MostAccelerators > most)
        {
            var large =
                subject.MostAccelerators > most
                    ? FormattableString.Invariant(
                        $"{subject.MostAccelerators} accelerators as one, they had up to {most}"
                    )
                    : null;
            yield return "beyond what the errors are of, so that they may be larger: no measured configuration had "
                + string.Join(", ", beyond.Append(large).OfType<string>());
        }
    }

    /// <summary>A version that is not given is any.</summary>
    private static bool IsSameEngine(string engine, string known) =>
        engine == known || (!engine.Contains(' ', StringComparison.Ordinal) && known.Split(' ')[0] == engine);
}

/// <summary>A predicted mean with the ranges in which such figures were measured.</summary>
/// <param name="Figure">"ttft_mean", "tpot_mean" or "e2e_mean".</param>
/// <param name="Seconds">The prediction.</param>
/// <param name="MedianErrorPercent">Median of the held-out |error|.</param>
/// <param name="P90ErrorPercent">What nine in ten of them are within.</param>
/// <param name="Configurations">Measured figures that this is of.</param>
/// <param name="HalfLowSeconds">The least of the middle half of such measurements.</param>
/// <param name="HalfHighSeconds">The most of the middle half.</param>
/// <param name="NineOfTenLowSeconds">The least of the middle nine in ten.</param>
/// <param name="NineOfTenHighSeconds">The most of the middle nine in ten.</param>
internal sealed record PredictedRange(
    string Figure,
    double Seconds,
    double MedianErrorPercent,
    double P90ErrorPercent,
    int Configurations,
    double HalfLowSeconds,
    double HalfHighSeconds,
    double NineOfTenLowSeconds,
    double NineOfTenHighSeconds
)
{
    internal static PredictedRange Of(FigureErrors errors, double seconds)
    {
        var ratio = errors.MeasuredOverPredicted;
        return new(
            errors.Metric,
            seconds,
            errors.MedianErrorPercent,
            errors.P90ErrorPercent,
            errors.Count,
            seconds * ratio.P25,
            seconds * ratio.P75,
            seconds * ratio.P5,
            seconds * ratio.P95
        );
    }
}
