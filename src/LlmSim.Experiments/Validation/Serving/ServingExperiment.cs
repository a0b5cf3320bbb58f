using System.Globalization;
using LlmSim.Experiments.Performance;
using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// A configuration under Poisson arrivals in stages, one after another without a pause; prompts of a group share their first tokens.
/// </summary>
internal sealed record ServingExperiment : MeasuredCase
{
    /// <summary>Tokens of a block that engines find again.</summary>
    private const int ContentTokens = 16;

    public required ServingDeployment Deployment { get; init; }

    /// <summary>Tokens of every prompt, the shared ones among them.</summary>
    public required int PromptTokens { get; init; }

    /// <summary>First tokens that the prompts of a group have in common.</summary>
    public required int SharedPrefixTokens { get; init; }

    /// <summary>Groups, each as likely as the others.</summary>
    public required int PrefixGroups { get; init; }

    /// <summary>Tokens of every output.</summary>
    /// <summary>Prompts of each group, which are sent again and again; null when each is sent once.</summary>
    public int? PromptsPerGroup { get; init; }

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

    /// <summary>What the prompts hold: of each group the shared tokens, or of each of its prompts all.</summary>
    private long[][] Contents()
    {
        if (PromptsPerGroup is { } prompts)
        {
            var shared = SharedPrefixTokens / ContentTokens;
            return
            [
                .. Enumerable
                    .Range(0, PrefixGroups * prompts)
                    .Select(prompt =>
                        Enumerable
                            .Range(0, PromptTokens / ContentTokens)
                            .Select(block => block < shared ? prompt / prompts : PrefixGroups + (long)prompt)
                            .ToArray()
                    ),
            ];
        }

        // One id stands for the whole shared prefix.
        return SharedPrefixTokens == 0
            ? []
            : [.. Enumerable.Range(0, PrefixGroups).Select(group => new long[] { group })];
    }

    private IEnumerable<RequestSpec> Requests(long seed)
    {
        var arrivals = new RandomStream(seed, "arrivals");
        var groups = new RandomStream(seed, "prefixes");
        var contents = Contents();
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
                    contents.Length == 0 ? null : contents[groups.Next(contents.Length)],
                    PromptsPerGroup is null ? Math.Max(1, SharedPrefixTokens) : ContentTokens
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
