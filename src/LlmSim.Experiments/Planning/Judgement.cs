using System.Globalization;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Slos;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Planning;

/// <summary>Whether the SLOs hold on a candidate, and by which figures.</summary>
internal sealed class Judgement
{
    internal Judgement(
        Probe probe,
        IReadOnlyList<RunResult> results,
        IReadOnlyList<TermJudgement> terms,
        string? failure
    )
    {
        Probe = probe;
        Results = results;
        Terms = terms;
        Failure = failure;
    }

    public Probe Probe { get; }

    /// <summary>The runs, one a seed; none where the cluster cannot be built.</summary>
    public IReadOnlyList<RunResult> Results { get; }

    /// <summary>One an SLO.</summary>
    public IReadOnlyList<TermJudgement> Terms { get; }

    /// <summary>Why it fails whatever its figures are; null where they decide.</summary>
    public string? Failure { get; }

    /// <summary>Whether every SLO holds by the mean over the seeds.</summary>
    public bool Holds => Failure is null && Terms.All(term => term.IsMet || !term.IsRequired);

    /// <summary>Whether more seeds would hardly change that.</summary>
    public bool IsDecided => Failure is not null || (AreTermsDecided && (!IsOfGoodput || IsNarrow(Goodput)));

    /// <summary>Whether goodput is what it is for, so that its interval has to be narrow.</summary>
    private bool IsOfGoodput { get; init; }

    private bool AreTermsDecided =>
        Terms.All(term => term.IsDecided || !term.IsRequired)
        || Terms.Any(term => term is { IsRequired: true, IsMet: false, IsDecided: true });

    /// <summary>
    /// Whether the SLOs hold even where predictions of the class are too low by as much as nine in ten of them were; false where that
    /// is not known.
    /// </summary>
    public bool HoldsInsideError => Holds && Terms.All(term => term.IsRequired && term.IsMetAtUpperEnd);

    /// <summary>The figure that misses its SLO the most, in parts of the limit; the largest number where none does.</summary>
    public double Miss =>
        Terms.Where(term => !term.IsMet).Select(term => term.Share).DefaultIfEmpty(double.MaxValue).Max();

    /// <summary>Why it does not hold, in words.</summary>
    public string? Reason =>
        Failure
        ?? Terms
            .Where(term => term is { IsRequired: true, IsMet: false })
            .Select(term => term.Words)
            .FirstOrDefault();

    /// <summary>Whether the cluster cannot be simulated at all.</summary>
    public bool IsError { get; private init; }

    /// <summary>Requests a second that it served in its first run; NaN for none.</summary>
    public double RequestsPerSecond { get; private init; } = double.NaN;

    /// <summary>
    /// Requests a second within both deadlines: those that come, by the share that meets both. What a run takes to work off its last
    /// requests has no part in it.
    /// </summary>
    public double GoodputRequestsPerSecond => Results.Count == 0 ? 0 : Results.Average(GoodputOf);

    /// <summary>The same over the seeds.</summary>
    public MeanEstimate Goodput => MeanEstimate.Of([.. Results.Select(GoodputOf)]);

    private static bool IsNarrow(MeanEstimate estimate) => estimate.HalfWidth <= 0.03 * estimate.Mean;

    private static double GoodputOf(RunResult result)
    {
        var (configuration, summary) = (result.Configuration, result.Summary);
        var rate =
            configuration.Arrivals == "trace"
                ? (summary.MeasuredRequests - 1) / summary.ArrivalWindow.Seconds
                : configuration.LambdaArrival;
        return rate is { } known && double.IsFinite(known) ? known * summary.BothAttainmentPercent / 100 : 0;
    }

    /// <summary>Of a cluster that cannot be simulated.</summary>
    public static Judgement OfError(Probe probe, string message) =>
        new(probe, [], [], message) { IsError = true };

    /// <summary>Of one whose runs were ended: so many requests were enough to know that it misses an SLO.</summary>
    public static Judgement OfEnded(Probe probe, SloTerm slo, RunSummary summary) =>
        new(
            probe,
            [],
            [],
            string.Create(
                CultureInfo.InvariantCulture,
                $"misses {slo}, which {summary.Requests:N0} requests settled"
            )
        )
        {
            RequestsPerSecond = summary.RequestsPerSecond,
        };

    /// <summary>Of runs that differ in their seed.</summary>
    public static Judgement Of(Probe probe, IReadOnlyList<RunResult> results, PlanQuestion question) =>
        new(
            probe,
            results,
            [
                .. question.Slos.Select(slo =>
                    TermOf(slo, results, question.IsInsideError) with
                    {
                        IsRequired = question.Required.Contains(slo),
                    }
                ),
            ],
            FailureOf(results, question)
        )
        {
            RequestsPerSecond = results[0].Summary.RequestsPerSecond,
            IsOfGoodput = question.Objective == PlanObjective.Goodput,
        };

    private static string? FailureOf(IReadOnlyList<RunResult> results, PlanQuestion question)
    {
        var rejected = results.Sum(result => result.Summary.Rejected);
        if (rejected > 0)
        {
            var requests = results.Sum(result => result.Summary.Requests);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{rejected:N0} of {requests:N0} requests can never be served: {results.SelectMany(result => result.Summary.Rejections.Keys).First()}"
            );
        }

        var unserved = results.Sum(result => result.Summary.TimedOut + result.Summary.Failed);
        if (unserved > 0 && !question.Slos.Any(slo => slo.Figure.Quantity == SloQuantity.Share))
        {
            // A cluster from which all but the first few run away would have the best latencies of all.
            var requests = results.Sum(result => result.Summary.Requests);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{unserved:N0} of {requests:N0} requests were given up or lost, and latencies are of the others alone; allowed: an SLO that counts them, such as attainment>=95%"
            );
        }

        // One run alone may look overloaded by chance.
        return results.Count(result => result.Summary.QueueGrows) * 2 > results.Count
            ? "overloaded: requests arrive faster than they are served"
            : null;
    }

    private static TermJudgement TermOf(SloTerm slo, IReadOnlyList<RunResult> results, bool isInsideError)
    {
        var estimate = MeanEstimate.Of([.. results.Select(result => slo.ValueOf(result.Summary))]);
        return new TermJudgement(
            slo,
            estimate,
            TermJudgement.UpperRatioOf(slo, results[0].Prediction),
            isInsideError
        );
    }
}

/// <summary>One SLO and the figure that it is about.</summary>
/// <param name="Slo">The SLO.</param>
/// <param name="Estimate">The figure over the seeds.</param>
/// <param name="UpperRatio">By what predictions of the class are multiplied to be at the upper end of nine in ten measurements; null where that is not known.</param>
/// <param name="IsInsideError">Whether it is judged at that upper end; where that is not known it is never met.</param>
internal sealed record TermJudgement(
    SloTerm Slo,
    MeanEstimate Estimate,
    double? UpperRatio,
    bool IsInsideError = false
)
{
    /// <summary>Whether it has to be met.</summary>
    public bool IsRequired { get; init; } = true;

    private const string Ttft = "ttft_mean";
    private const string Tpot = "tpot_mean";
    private const string EndToEnd = "e2e_mean";

    /// <summary>By what a prediction of an SLO's figure is multiplied to be at the upper end of nine in ten measurements; null where that is not known.</summary>
    public static double? UpperRatioOf(SloTerm slo, Prediction prediction)
    {
        var metric = slo.Figure.Time switch
        {
            "ttft" => Ttft,
            "tpot" or "itl" => Tpot,
            "e2e" => EndToEnd,
            _ => null,
        };
        return prediction
            .Figures.FirstOrDefault(figure => figure.Metric == metric)
            ?.MeasuredOverPredicted.P95;
    }

    /// <summary>Whether the mean over the seeds meets it.</summary>
    public bool IsMet => IsMetBy(Estimate.Mean);

    /// <summary>Whether the SLO is outside the interval, so that both its ends say the same.</summary>
    public bool IsDecided =>
        Estimate.Count > 1 && IsMetBy(Estimate.Low) == IsMet && IsMetBy(Estimate.High) == IsMet;

    /// <summary>Whether it is met at the upper end of the prediction's range: only latencies have one.</summary>
    public bool IsMetAtUpperEnd =>
        Slo.IsUpper && UpperRatio is { } ratio && Slo.IsMetBy(Estimate.Mean * ratio);

    /// <summary>The figure in parts of the limit, or for a figure that has to be large the reverse: below 1 where it is met by that much.</summary>
    public double Share => Slo.IsUpper ? Judged / Slo.Value : Slo.Value / Judged;

    /// <summary>As "ttft_p99 is 1.34 s, the SLO is ttft_p99&lt;1s".</summary>
    public string Words =>
        $"{Slo.Figure.Name} is {PlanText.Figure(Slo.Figure, Estimate.Mean)}{Range}, the SLO is {Slo}";

    private double Judged => Estimate.Mean * (IsInsideError ? UpperRatio ?? double.PositiveInfinity : 1);

    private string Range =>
        !IsInsideError ? ""
        : UpperRatio is { } ratio
            ? $", in nine of ten such cases up to {PlanText.Figure(Slo.Figure, Estimate.Mean * ratio)}"
        : " with an error that is not known";

    private bool IsMetBy(double value) =>
        !IsInsideError
            ? Slo.IsMetBy(value)
            : Slo.IsUpper && UpperRatio is { } ratio && Slo.IsMetBy(value * ratio);
}
