using LlmSim.Performance;

namespace LlmSim.Metrics;

/// <summary>How often performance models that rest on measurements were asked beyond them, over all instances.</summary>
/// <param name="Iterations">Times of iterations that they were asked for, those of plans and estimates included.</param>
/// <param name="IterationsOutOfRange">Those of them that were extrapolated.</param>
/// <param name="OutOfRange">By table, the times that lay beyond it. One iteration may count in several.</param>
public sealed record PerformanceRange(
    long Iterations,
    long IterationsOutOfRange,
    IReadOnlyDictionary<string, long> OutOfRange
)
{
    /// <summary>The sums over models; null when none of them rests on measurements.</summary>
    internal static PerformanceRange? Of(IEnumerable<IPerformanceModel> models)
    {
        IRangeReporting[] reporting =
        [
            .. models
                .Distinct()
                .Select(model => model is CheckedModel { Model: var own } ? own : model)
                .OfType<IRangeReporting>(),
        ];
        if (reporting.Length == 0)
        {
            return null;
        }

        var outOfRange = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (table, count) in reporting.SelectMany(model => model.OutOfRange))
        {
            outOfRange[table] = outOfRange.GetValueOrDefault(table) + count;
        }

        return new(
            reporting.Sum(model => model.Iterations),
            reporting.Sum(model => model.IterationsOutOfRange),
            outOfRange
        );
    }
}
