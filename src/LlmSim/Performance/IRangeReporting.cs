namespace LlmSim.Performance;

/// <summary>
/// A performance model that rests on measurements and counts how often it was asked beyond them. Each run has models of
/// its own, so that the counts are those of the run.
/// </summary>
internal interface IRangeReporting
{
    /// <summary>Times that it was asked for.</summary>
    long Iterations { get; }

    /// <summary>Those of them for which something lay beyond the measurements.</summary>
    long IterationsOutOfRange { get; }

    /// <summary>By table, the times in which that table was left. One iteration may count in several.</summary>
    IReadOnlyDictionary<string, long> OutOfRange { get; }
}
