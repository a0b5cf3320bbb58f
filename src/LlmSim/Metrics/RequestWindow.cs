namespace LlmSim.Metrics;

/// <summary>Which requests the statistics of a run are about, in the order of arrival.</summary>
/// <param name="First">How many are left out at the beginning.</param>
/// <param name="End">Place of the first one that is left out at the end, from 0.</param>
public readonly record struct RequestWindow(long First, long End)
{
    /// <summary>All requests.</summary>
    public static RequestWindow All { get; } = new(0, long.MaxValue);

    /// <summary>Whether the statistics count a request.</summary>
    /// <param name="place">Its place in the order of arrival, from 0.</param>
    public bool Contains(long place) => place >= First && place < End;
}
