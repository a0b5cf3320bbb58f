using LlmSim.Experiments.Slos;

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
                    BestOf(assumption.With(question, 1 - Share)),
                    answer.Rows[0],
                    BestOf(assumption.With(question, 1 + Share))
                ))
                .OrderByDescending(influence => influence.Swing(question)),
        ];

        PlanRow? BestOf(PlanQuestion? varied) =>
            new Planner(varied!, PlanLoad.Of(varied!), judge(varied!)).Answer().Rows is [var best, ..]
                ? best
                : null;
    }

    /// <summary>What cannot be varied for this workload, in words; null where all can.</summary>
    public static string? NotVaried(RunConfiguration configuration) =>
        IsLognormal(configuration) || IsUniform(configuration)
            ? null
            : $"lengths of {configuration.RequestSource} are not varied: they come as they are";

    private static IEnumerable<(string Name, Func<PlanQuestion, double, PlanQuestion?> With)> Assumptions(
        LoadBound bound
    ) =>
        [
            ("rate of requests", (question, factor) => WithRate(question, bound, factor)),
            ("length of prompts", (question, factor) => WithLengths(question, factor, 1)),
            ("length of outputs", (question, factor) => WithLengths(question, 1, factor)),
            // Where everything takes longer, that is the same as requests that come faster under SLOs that are shorter.
            (
                "times of iterations (the tier's error)",
                (question, factor) =>
                    WithRate(question, bound, factor) with
                    {
                        Slos = [.. question.Slos.Select(slo => Shorter(slo, factor))],
                    }
            ),
        ];

    private static PlanQuestion WithRate(PlanQuestion question, LoadBound bound, double factor) =>
        question with
        {
            Base = question.Base with
            {
                LambdaArrival = bound.RequestsPerSecond * factor,
                Arrivals = question.Base.Arrivals == "trace" ? null : question.Base.Arrivals,
            },
        };

    private static PlanQuestion? WithLengths(PlanQuestion question, double input, double output)
    {
        var configuration = question.Base;
        if (IsLognormal(configuration))
        {
            return question with
            {
                Base = configuration with
                {
                    InputMean = configuration.InputMean * input,
                    OutputMean = configuration.OutputMean * output,
                },
            };
        }

        return IsUniform(configuration)
            ? question with
            {
                Base = configuration with
                {
                    InputLen = (int)Math.Max(1, Math.Round(configuration.InputLen * input)),
                    OutputLen = (int)Math.Max(1, Math.Round(configuration.OutputLen * output)),
                },
            }
            : null;
    }

    private static bool IsLognormal(RunConfiguration configuration) =>
        configuration is { RequestSource: "lognormal", InputMean: not null };

    private static bool IsUniform(RunConfiguration configuration) => configuration.RequestSource == "uniform";

    private static SloTerm Shorter(SloTerm slo, double factor) =>
        slo.Figure.Quantity == SloQuantity.Time ? slo with { Limit = slo.Limit / (decimal)factor } : slo;
}

/// <summary>What an assumption does to the answer.</summary>
/// <param name="Assumption">What is varied.</param>
/// <param name="Lower">The best candidate where it is a fifth lower; null where none holds.</param>
/// <param name="Now">The answer.</param>
/// <param name="Higher">The best where it is a fifth higher.</param>
internal sealed record Influence(string Assumption, PlanRow? Lower, PlanRow Now, PlanRow? Higher)
{
    /// <summary>By how much the answer's weight changes at most; infinite where nothing holds any more.</summary>
    public double Swing(PlanQuestion question) =>
        new[] { WeightOf(Lower, question), WeightOf(Higher, question) }.Max(weight =>
            Math.Abs(weight - WeightOf(Now, question))
        );

    /// <summary>What a candidate weighs; infinite for none.</summary>
    public static double WeightOf(PlanRow? row, PlanQuestion question) =>
        row is null ? double.PositiveInfinity : question.Weight(row.Candidate);
}
