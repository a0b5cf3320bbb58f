namespace LlmSim.Requests;

/// <summary>What became of a request.</summary>
public enum Outcome
{
    /// <summary>It has all its tokens.</summary>
    Finished,

    /// <summary>The cluster can never serve it, or turned it away and its client did not come back.</summary>
    Rejected,

    /// <summary>Its client gave up.</summary>
    TimedOut,

    /// <summary>An instance failed that it was on, and it was not computed anew.</summary>
    Failed,
}
