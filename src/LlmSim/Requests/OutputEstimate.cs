namespace LlmSim.Requests;

/// <summary>
/// What a router can know about output lengths: a request's prediction where there is one, else the mean output of the
/// requests that have finished so far.
/// </summary>
internal sealed class OutputEstimate
{
    private long _finishedRequests;
    private long _finishedTokens;

    public void AddFinished(int outputTokens)
    {
        _finishedRequests++;
        _finishedTokens += outputTokens;
    }

    /// <summary>The output expected of a request that comes now, in whole tokens.</summary>
    public int ExpectedTokens(Request request) =>
        request.PredictedOutputTokens ?? double.ConvertToIntegerNative<int>(Math.Round(MeanTokens()));

    /// <summary>
    /// Tokens that a request whose expectation was fixed is expected to generate yet: at least one until it has finished.
    /// </summary>
    public static long RemainingTokens(Request request) =>
        Math.Max(1, request.ExpectedOutputTokens - request.GeneratedTokens);

    private double MeanTokens() => _finishedRequests == 0 ? 1 : (double)_finishedTokens / _finishedRequests;
}
