namespace LlmSim.Metrics;

/// <summary>What became of the pictures of a run.</summary>
/// <param name="Images">Pictures of all requests that arrived.</param>
/// <param name="ImageTokens">Their tokens in the prompts.</param>
internal sealed record EncoderUsage(long Images, long ImageTokens)
{
    /// <summary>Pictures that were encoded, those that were encoded again among them.</summary>
    public long Encoded { get; init; }

    /// <summary>Pictures whose embeddings an engine still had.</summary>
    public long Found { get; init; }

    /// <summary>Wait for an encode instance, in seconds, of requests that went to some.</summary>
    public required Distribution EncodeQueueSeconds { get; init; }

    /// <summary>From the beginning of their encoding to their last embedding's coming, in seconds.</summary>
    public required Distribution EncodeSeconds { get; init; }
}

/// <summary>Observes the pictures of requests.</summary>
internal sealed class ImageRecorder
{
    private readonly ValueSummary _queue = new();
    private readonly ValueSummary _encode = new();
    private long _images;
    private long _tokens;

    /// <summary>A request has arrived.</summary>
    public void Arrive(RequestImages images)
    {
        _images += images.Count;
        _tokens += images.Tokens;
    }

    /// <summary>A request that the statistics are about has ended with all its tokens.</summary>
    public void Finish(Request request)
    {
        if (request.EncodeStart is { } start)
        {
            _queue.Add((start - request.FirstSent).Seconds);
            _encode.Add((request.EncodeFinish - start).Seconds);
        }
    }

    public EncoderUsage Summarize() =>
        new(_images, _tokens)
        {
            EncodeQueueSeconds = _queue.Summarize(),
            EncodeSeconds = _encode.Summarize(),
        };
}
