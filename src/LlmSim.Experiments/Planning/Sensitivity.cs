using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Workloads;

namespace LlmSim.Experiments.Planning;

/// <summary>How the answer moves when an assumption is off by a fifth: the question is asked again of the kinds of instances that are in it.</summary>
internal static class Sensitivity
{
    /// <summary>By how much an assumption is varied.</summary>
    public const double Share = 0.2;

    /// <summary>The best candidate with each assumption lower and higher, the one that moves it most first.</summary>
    /// <param name="answer">An answer with rows.</param>
    /// <param name="bound">The load of its question.</param>
    /// <param name="judge">Judges the probes of a question.</param>
    public static IReadOnlyList<Influence> Of(
        PlanAnswer answer,
        LoadBound bound,
        Func<PlanQuestion, Func<IReadOnlyList<Probe>, IReadOnlyList<Judgement>>> judge
    )
    {
        var question = answer.Question with
        {
            Shapes = [.. answer.Rows.Select(row => row.Candidate.Shape).Distinct()],
        };
        return
        [
            .. Assumptions(bound)
                .Where(assumption => assumption.With(question, 1) is not null)
                .Select(assumption => new Influence(
                    assumption.Name,
                    BestOf(assumption, 1 - Share),
                    new InfluenceCase(answer.Rows[0], answer.Rows[0].Objective),
                    BestOf(assumption, 1 + Share)
                ))
                .OrderByDescending(influence => influence.Swing),
        ];

        InfluenceCase BestOf(Assumption assumption, double factor)
        {
            var varied = assumption.With(question, factor)!;
            var moved = new Planner(varied, PlanLoad.Of(varied), judge(varied)).Answer();
            return moved.Rows is [var best, ..]
                ? new InfluenceCase(best, best.Objective * assumption.ScaleOf(question, factor))
                : new InfluenceCase(null, double.NaN)
                {
                    Reason =
                        moved.Nearest?.Reason
                        ?? moved.Searches.Select(search => search.Dropped).OfType<string>().FirstOrDefault(),
                };
        }
    }

    /// <summary>What cannot be varied for a workload, in words; null where all can.</summary>
    public static string? NotVaried(LoadBound bound) =>
        CanScalePrompts(bound)
            ? null
            : FormattableString.Invariant(
                $"the length of prompts is not varied: they share blocks of {bound.SharedBlockTokens} tokens, which cannot be a fifth longer"
            );

    private static IEnumerable<Assumption> Assumptions(LoadBound bound) =>
        [
            new(
                "rate of requests",
                (question, factor) => IsOfAnyRate(question) ? null : WithRate(question, bound, factor)
            ),
            new(
                "length of prompts",
                (question, factor) =>
                    CanScalePrompts(bound) ? With(question, new WorkloadVariation(Input: factor)) : null
            ),
            new(
                "length of outputs",
                (question, factor) => With(question, new WorkloadVariation(Output: factor))
            ),
            new(
                "share of prompts that was asked before",
                (question, factor) =>
                    bound.SharedBlockTokens is null
                        ? null
                        : With(question, new WorkloadVariation(Prefix: factor))
            ),
            // Where everything takes longer, that is the same as requests that come faster under SLOs that are shorter.
            new(
                "times of iterations (the tier's error)",
                (question, factor) =>
                    WithShorterSlos(
                        IsOfAnyRate(question) ? question : WithRate(question, bound, factor),
                        factor
                    ),
                IsOfTimes: true
            ),
        ];

    private static bool IsOfAnyRate(PlanQuestion question) =>
        question.Objective == PlanObjective.Rate
        || question is { Objective: PlanObjective.Goodput, HasArrivals: false };

    private static PlanQuestion WithRate(PlanQuestion question, LoadBound bound, double factor) =>
        question with
        {
            Base = question.Base with
            {
                LambdaArrival = bound.RequestsPerSecond * factor,
                Arrivals = question.Base.Arrivals == "trace" ? null : question.Base.Arrivals,
            },
        };

    private static PlanQuestion With(PlanQuestion question, WorkloadVariation variation) =>
        question with
        {
            Base = question.Base with { Variation = variation },
        };

    private static bool CanScalePrompts(LoadBound bound) =>
        bound.SharedBlockTokens is not { } tokens
        || (WorkloadVariation.CanScale(tokens, 1 - Share) && WorkloadVariation.CanScale(tokens, 1 + Share));

    private static PlanQuestion WithShorterSlos(PlanQuestion question, double factor) =>
        question with
        {
            Slos = [.. question.Slos.Select(slo => Shorter(slo, factor))],
            Base = question.Base with
            {
                TtftSloSeconds = question.Base.TtftSloSeconds / factor,
                TpotSloSeconds = question.Base.TpotSloSeconds / factor,
            },
        };

    /// <summary>What is varied.</summary>
    /// <param name="Name">In words.</param>
    /// <param name="With">The question with it so many times as large; null where it cannot be varied.</param>
    /// <param name="IsOfTimes">Whether the clock is what is varied: rates that are found then are so many times too high, and times too low.</param>
    private sealed record Assumption(
        string Name,
        Func<PlanQuestion, double, PlanQuestion?> With,
        bool IsOfTimes = false
    )
    {
        /// <summary>By what the objective that was found is to be multiplied.</summary>
        public double ScaleOf(PlanQuestion question, double factor) =>
            (IsOfTimes, question.Objective) switch
            {
                (true, PlanObjective.Rate or PlanObjective.Goodput) => 1 / factor,
                (true, PlanObjective.Latency) when question.Slos[0].Figure.Quantity == SloQuantity.Time =>
                    factor,
                _ => 1,
            };
    }

    private static SloTerm Shorter(SloTerm slo, double factor) =>
        slo.Figure.Quantity == SloQuantity.Time ? slo with { Limit = slo.Limit / (decimal)factor } : slo;
}

/// <summary>The best candidate where an assumption is off.</summary>
/// <param name="Row">The candidate; null where none holds.</param>
/// <param name="Objective">What the question is for, of it: dollars an hour, accelerators, a rate or a latency; NaN for none.</param>
internal readonly record struct InfluenceCase(PlanRow? Row, double Objective)
{
    /// <summary>Why nothing holds; null where something does.</summary>
    public string? Reason { get; init; }
}

/// <summary>What an assumption does to the answer.</summary>
/// <param name="Assumption">What is varied.</param>
/// <param name="Lower">Where it is a fifth lower.</param>
/// <param name="Now">The answer.</param>
/// <param name="Higher">Where it is a fifth higher.</param>
internal sealed record Influence(
    string Assumption,
    InfluenceCase Lower,
    InfluenceCase Now,
    InfluenceCase Higher
)
{
    /// <summary>By how much what the question is for changes at most; infinite where nothing holds any more.</summary>
    public double Swing =>
        new[] { Lower, Higher }.Max(one =>
            one.Row is null ? double.PositiveInfinity : Math.Abs(one.Objective - Now.Objective)
        );
}
