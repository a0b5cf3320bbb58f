using LlmSim.Kernel;

namespace LlmSim.Batching;

/// <content>What a prompt takes, with its pictures.</content>
internal sealed partial class BatchedInstance
{
    /// <summary>Encodes the pictures of prompts; null where none come, or where others do.</summary>
    public ImageEncoding? Encoding => _options.Encoding;

    private double EncodeSeconds(Request request) =>
        Encoding is { } encoding && request.MediaToEncode is { } images ? encoding.SecondsOf(images) : 0;

    private SimTime PrefillDuration(Request request)
    {
        try
        {
            var duration = SimTime.FromSeconds(
                PrefillSeconds(request.InputTokens, CachedPrefixTokens(request)) + EncodeSeconds(request)
            );
            // What waits is summed up for policies.
            _ = _waiting.PrefillDuration + duration;
            return duration;
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(request, "its prefill behind those that wait", this, e);
        }
    }
}
