namespace LlmSim;

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

    /// <summary>Tokens that a request is expected to generate yet: at least one while it runs.</summary>
    public double RemainingTokens(Request request, long generatedTokens)
    {
        var mean = _finishedRequests == 0 ? 1 : (double)_finishedTokens / _finishedRequests;
        return Math.Max(1, (request.PredictedOutputTokens ?? mean) - generatedTokens);
    }
}
