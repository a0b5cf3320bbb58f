namespace LlmSim.Experiments.Samples;

/// <summary>Which samples of the instances a run writes, and how often it takes them.</summary>
/// <param name="QueueStates">Path of the queue samples, CSV or Parquet by extension; null for none.</param>
/// <param name="MemoryUsage">Path of the memory samples, CSV or Parquet by extension; null for none.</param>
/// <param name="IntervalSeconds">Simulated seconds between samples, from 1e-9; null for none.</param>
/// <param name="EventRate">Probability of sampling after an event, from 0 to 1.</param>
/// <param name="RowLimit">Most rows of a file; a run that would write more is an error.</param>
internal sealed record SampleOptions(
    string? QueueStates,
    string? MemoryUsage,
    double? IntervalSeconds,
    double EventRate,
    long RowLimit = SampleOptions.DefaultRowLimit
)
{
    /// <summary>About half a gigabyte of CSV.</summary>
    public const long DefaultRowLimit = 10_000_000;

    internal const string QueueStatesOption = "--queue_states_output";
    internal const string MemoryUsageOption = "--memory_usage_output";
}
