namespace LlmSim.Metrics;

/// <summary>
/// What a cluster did while requests arrived, from the first to the last of those that the statistics are about: without the time
/// that it takes to work off what is left then. All figures are NaN when that is no time.
/// </summary>
/// <param name="Seconds">Seconds from the first to the last arrival.</param>
/// <param name="RequestsPerSecond">Requests that finished in the window, per second of it.</param>
/// <param name="OutputTokensPerSecond">Their output tokens.</param>
/// <param name="TokensPerSecond">Their prompt and output tokens.</param>
/// <param name="GoodputRequestsPerSecond">Those of them that met both SLOs.</param>
public sealed record ArrivalWindow(
    double Seconds,
    double RequestsPerSecond,
    double OutputTokensPerSecond,
    double TokensPerSecond,
    double GoodputRequestsPerSecond
)
{
    /// <summary>Nothing is known of any window.</summary>
    public static ArrivalWindow None { get; } =
        new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
}
