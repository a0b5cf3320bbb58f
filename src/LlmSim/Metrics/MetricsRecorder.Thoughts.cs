namespace LlmSim.Metrics;

/// <content>Requests that think before they answer.</content>
internal sealed partial class MetricsRecorder
{
    /// <summary>Times to their answers; null before the first.</summary>
    private ValueSummary? _ttfo;

    private long _thinkingTokens;

    private void CollectThoughts(Request request)
    {
        _thinkingTokens += request.ThinkingTokens;
        if (request.FirstAnswer is { } answer)
        {
            (_ttfo ??= new()).Add((answer - request.FirstSent).Seconds);
        }
    }
}
