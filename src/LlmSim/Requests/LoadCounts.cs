namespace LlmSim.Requests;

/// <summary>What has arrived and ended so far.</summary>
/// <param name="Arrived">Requests that were sent.</param>
/// <param name="Ended">Those that have ended, whichever way.</param>
/// <param name="Met">Those of them that met all their SLOs.</param>
internal readonly record struct LoadCounts(long Arrived, long Ended, long Met);
