using LlmSim.Experiments.Costs;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Slos;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Planning;

/// <summary>What was found.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Searches">One a shape, or a candidate; each says what it found or why nothing.</param>
/// <param name="Ranked">What holds, the best first.</param>
internal sealed record PlanAnswer(
    PlanQuestion Question,
    IReadOnlyList<Search> Searches,
    IReadOnlyList<Judgement> Ranked
)
{
    /// <summary>The best candidates.</summary>
    public IReadOnlyList<PlanRow> Rows { get; } =
    [.. Ranked.Take(Question.Rows).Select(judgement => new PlanRow(Question, judgement))];

    /// <summary>Of what failed, what came nearest to the SLOs; null where nothing was simulated under load.</summary>
    public Judgement? Nearest =>
        Searches.Select(search => search.Nearest).OfType<Judgement>().MinBy(judgement => judgement.Miss);
}

/// <summary>A candidate of the answer.</summary>
internal sealed class PlanRow(PlanQuestion question, Judgement judgement)
{
    public Judgement Judgement => judgement;

    public Candidate Candidate => judgement.Probe.Candidate;

    /// <summary>Requests a second that it carries within the SLOs; null for those of the question.</summary>
    public double? Rate => judgement.Probe.Rate;

    /// <summary>Requests a second within the deadlines, over the seeds; null where that is not what the plan is for.</summary>
    public MeanEstimate? Goodput => question.Objective == PlanObjective.Goodput ? judgement.Goodput : null;

    /// <summary>What the question is for, in the unit of <see cref="PlanObjective" />: dollars an hour, accelerators, a rate or a latency.</summary>
    public double Objective =>
        question.Objective switch
        {
            PlanObjective.Rate => Rate!.Value,
            PlanObjective.Goodput => judgement.GoodputRequestsPerSecond,
            PlanObjective.Latency => judgement.Terms[0].Estimate.Mean,
            _ => question.Weight(Candidate),
        };

    /// <summary>Dollars an hour; null where the price is not known.</summary>
    public double? CostPerHour => question.CostPerHour(Candidate);

    /// <summary>Dollars a million output tokens, at this load.</summary>
    public double? CostPerMillionOutputTokens => CostPerMillion(OutputTokensPerSecond);

    /// <summary>Dollars a million tokens of prompts and outputs.</summary>
    public double? CostPerMillionTokens => CostPerMillion(Mean(result => result.Summary.TokensPerSecond));

    /// <summary>Energy of a token of prompt or output, at most; NaN where the power of the accelerator is not known.</summary>
    public double JoulesPerToken =>
        Mean(result => result.Judged(question.Costs, SloTerms.None).Costs!.JoulesPerToken);

    /// <summary>Output tokens a second.</summary>
    public double OutputTokensPerSecond => Mean(result => result.Summary.OutputTokensPerSecond);

    /// <summary>Output tokens a second and accelerator.</summary>
    public double TokensPerSecondPerAccelerator => OutputTokensPerSecond / Candidate.Accelerators;

    /// <summary>Tokens a second that one user reads: the inverse of the mean TPOT.</summary>
    public double TokensPerSecondPerUser => 1 / Mean(result => result.Summary.TpotSeconds.Mean);

    /// <summary>Requests a second within both SLOs, an accelerator.</summary>
    public double GoodputPerAccelerator =>
        Mean(result => result.Summary.GoodputRequestsPerSecond) / Candidate.Accelerators;

    /// <summary>Requests that meet both SLOs of a latency, in per cent.</summary>
    public double AttainmentPercent => Mean(result => result.Summary.BothAttainmentPercent);

    /// <summary>Share of the time in which instances compute, from 0 to 1.</summary>
    public double Utilization =>
        Mean(result => result.Summary.Instances.Average(instance => instance.Utilization));

    /// <summary>What its times rest on.</summary>
    public string Tier => judgement.Results[0].Prediction.Tier;

    /// <summary>What the SLOs come to inside the error of the prediction.</summary>
    public string Confidence =>
        judgement.HoldsInsideError ? "holds"
        : judgement.Holds ? "holds only if the prediction is right"
        : "fails";

    private double? CostPerMillion(double tokensPerSecond) =>
        CostPerHour is { } cost ? RunCosts.PerMillion(cost, tokensPerSecond) : null;

    private double Mean(Func<RunResult, double> figure) => judgement.Results.Average(figure);
}
