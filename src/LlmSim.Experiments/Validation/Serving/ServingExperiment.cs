using System.Globalization;
using LlmSim.Engine;
using LlmSim.Experiments.Performance;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// A configuration under Poisson arrivals in stages, one after another without a pause; prompts of a group share their first tokens.
/// </summary>
internal sealed record ServingExperiment : MeasuredCase
{
    public required ServingDeployment Deployment { get; init; }

    /// <summary>Tokens of every prompt, the shared ones among them.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>First tokens that the prompts of a group have in common.</summary>
    public required int SharedPrefixTokens { get; init; }

    /// <summary>Groups, each as likely as the others.</summary>
    public required int PrefixGroups { get; init; }

    /// <summary>Tokens of every output.</summary>
    public required int OutputTokens { get; init; }

    public required IReadOnlyList<ExperimentStage> Stages { get; init; }

    public override double Size => Stages.Sum(stage => stage.RatePerSecond * stage.Seconds) * OutputTokens;

    public override PredictionSubject Subject(CaseContext context) =>
        CaseScenario.Subject(Deployment, context) with
        {
            Load = PredictionSubject.Open,
        };

    public override IReadOnlyList<ComparedFigure> Simulate(
        CaseContext context,
        CancellationToken cancellation
    )
    {
        var scenario = CaseScenario.Of(Deployment, context);
        var requests = Requests(scenario.Seed).ToArray();
        var records = CaseScenario.Run(scenario, requests, cancellation);
        var figures = new List<ComparedFigure>();
        var start = 0.0;
        for (var i = 0; i < Stages.Count; i++)
        {
            var stage = Stages[i];
            var end = start + stage.Seconds;
            var predicted = new PredictedFigures([
                .. records.Where(record => record.Arrival.Seconds >= start && record.Arrival.Seconds < end),
            ]);
            var id = string.Create(CultureInfo.InvariantCulture, $"{Id}/{i + 1}");
            figures.AddRange(
                stage.Measured.Select(figure => new ComparedFigure(
                    id,
                    figure.Key,
                    new(figure.Value, predicted.Seconds(figure.Key))
                ))
            );
            start = end;
        }

        return figures;
    }

    private IEnumerable<RequestSpec> Requests(long seed)
    {
        var arrivals = new RandomStream(seed, "arrivals");
        var groups = new RandomStream(seed, "prefixes");
        // One id stands for the whole shared prefix.
        long[][]? contents =
            SharedPrefixTokens == 0
                ? null
                : [.. Enumerable.Range(0, PrefixGroups).Select(group => new long[] { group })];
        var start = 0.0;
        var id = 0L;
        foreach (var stage in Stages)
        {
            var end = start + stage.Seconds;
            for (
                var time = start + arrivals.NextExponential(stage.RatePerSecond);
                time < end;
                time += arrivals.NextExponential(stage.RatePerSecond)
            )
            {
                yield return new RequestSpec(
                    id++,
                    SimTime.FromSeconds(time),
                    PromptTokens,
                    OutputTokens,
                    contents?[groups.Next(PrefixGroups)],
                    Math.Max(1, SharedPrefixTokens)
                );
            }

            start = end;
        }
    }
}

/// <summary>A stage of one rate.</summary>
/// <param name="RatePerSecond">Arrivals per second.</param>
/// <param name="Seconds">How long they come.</param>
/// <param name="Measured">Measured seconds by metric.</param>
internal sealed record ExperimentStage(
    double RatePerSecond,
    double Seconds,
    IReadOnlyDictionary<string, double> Measured
);
