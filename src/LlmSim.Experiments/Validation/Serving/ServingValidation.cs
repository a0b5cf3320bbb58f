using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Measured configurations beside their simulations.</summary>
internal sealed record ServingValidation
{
    /// <summary>The file of the measurements.</summary>
    public required string Source { get; init; }

    /// <summary>Where the times of iterations came from.</summary>
    public required string Performance { get; init; }

    /// <summary>What cases are classed by.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>What came of each case, in the order of the file.</summary>
    public required IReadOnlyList<CaseOutcome> Outcomes { get; init; }

    /// <summary>Cases that were left out, by the reason: a doubt, or that a fit has seen them.</summary>
    public required IReadOnlyDictionary<string, int> LeftOut { get; init; }

    /// <summary>Errors by class.</summary>
    public IReadOnlyList<ErrorClass> Classes => ErrorClass.Of(Outcomes, Labels);

    /// <summary>Cases with a prediction.</summary>
    public int Compared => Outcomes.Count(outcome => outcome.Reason is null);

    /// <summary>Compared cases by what their times rest on, the best first.</summary>
    public IReadOnlyList<(PredictionTier Tier, int Count)> Tiers =>
        [
            .. Outcomes
                .Where(outcome => outcome.Subject is not null)
                .CountBy(outcome => outcome.Subject!.Tier)
                .OrderBy(tier => tier.Key)
                .Select(tier => (tier.Key, tier.Value)),
        ];

    /// <summary>Cases that the simulator has no words for, by reason, the most frequent first.</summary>
    public IEnumerable<IGrouping<string, CaseOutcome>> NotExpressible =>
        Outcomes
            .Where(outcome => outcome.Reason is not null)
            .GroupBy(outcome => outcome.Reason!)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal);

    /// <summary>Simulates the cases.</summary>
    /// <param name="source">Where they come from.</param>
    /// <param name="cases">The cases.</param>
    /// <param name="options">Which of them, and how.</param>
    /// <param name="context">What to simulate with.</param>
    /// <param name="onProgress">Called when a case is done, from any thread.</param>
    /// <param name="cancellation">Stops it with an <see cref="OperationCanceledException" />.</param>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static ServingValidation Of(
        string source,
        IReadOnlyList<MeasuredCase> cases,
        ServingOptions options,
        CaseContext context,
        Action<SweepProgress>? onProgress,
        CancellationToken cancellation
    )
    {
        var labels = CaseFilter.Labels("--by", cases, options.By);
        var chosen = CaseFilter.Apply(cases, options.Filter);
        var doubtful = options.IncludesDoubtful ? [] : chosen.Where(one => one.Doubt is not null).ToArray();
        var seen = chosen.Except(doubtful).Where(one => options.FittedIds.Contains(one.Id)).ToArray();
        chosen = CaseFilter.Limit([.. chosen.Except(doubtful).Except(seen)], options.Limit);
        return new ServingValidation
        {
            Source = source,
            Performance = context.Performance,
            Labels = labels,
            LeftOut = doubtful
                .CountBy(one => one.Doubt!)
                .Concat(seen.CountBy(_ => "a fit has seen them"))
                .OrderByDescending(count => count.Value)
                .ToDictionary(),
            Outcomes = Simulate(chosen, options.Workers, context, onProgress, cancellation),
        };
    }

    internal static CaseOutcome[] Simulate(
        IReadOnlyList<MeasuredCase> cases,
        int workers,
        CaseContext context,
        Action<SweepProgress>? onProgress,
        CancellationToken cancellation
    )
    {
        var outcomes = new CaseOutcome[cases.Count];
        var done = 0;
        Workers.Run(
            workers,
            // Long ones first, so that no worker ends with one alone.
            Enumerable.Range(0, cases.Count).OrderByDescending(index => cases[index].Size),
            (index, stop) =>
            {
                outcomes[index] = Simulate(cases[index], context, stop);
                onProgress?.Invoke(new(Interlocked.Increment(ref done), cases.Count, DoneBefore: 0));
            },
            cancellation
        );
        return outcomes;
    }

    private static CaseOutcome Simulate(MeasuredCase one, CaseContext context, CancellationToken cancellation)
    {
        try
        {
            return new CaseOutcome(one, one.Simulate(context, cancellation))
            {
                Subject = one.Subject(context),
            };
        }
        catch (NotExpressibleException e)
        {
            return new CaseOutcome(one, [], e.Reason, e.Message);
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{one.Id}: {e.Message}", e);
        }
    }
}

/// <summary>Which cases to simulate, and how.</summary>
internal sealed record ServingOptions
{
    /// <summary>Labels that a case has to have; null for all cases.</summary>
    public string? Filter { get; init; }

    /// <summary>So many cases at most, spread evenly over the file; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>Labels that classes are made of.</summary>
    public required string By { get; init; }

    /// <summary>Whether to take in what is doubtful.</summary>
    public bool IncludesDoubtful { get; init; }

    /// <summary>Cases that a fit has seen, which are left out.</summary>
    public IReadOnlySet<string> FittedIds { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Simulations at the same time.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;
}
