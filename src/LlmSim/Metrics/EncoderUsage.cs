using System.Text.Json.Serialization;
using LlmSim.Workloads;

namespace LlmSim.Metrics;

/// <summary>What became of the pictures and other media of a run.</summary>
/// <param name="Images">Pictures of all requests that arrived.</param>
/// <param name="ImageTokens">Their tokens in the prompts.</param>
internal sealed record EncoderUsage(long Images, long ImageTokens)
{
    /// <summary>Videos of all requests that arrived; null where none may come.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Videos { get; init; }

    /// <summary>Their tokens in the prompts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? VideoTokens { get; init; }

    /// <summary>Media that were encoded, those that were encoded again among them.</summary>
    public long Encoded { get; init; }

    /// <summary>Media whose embeddings an engine still had.</summary>
    public long Found { get; init; }

    /// <summary>Wait for an encode instance, in seconds, of requests that went to some.</summary>
    public required Distribution EncodeQueueSeconds { get; init; }

    /// <summary>From the beginning of their encoding to their last embedding's coming, in seconds.</summary>
    public required Distribution EncodeSeconds { get; init; }
}

/// <summary>Observes the media of requests.</summary>
/// <param name="takesVideos">Whether there may be videos.</param>
internal sealed class ImageRecorder(bool takesVideos)
{
    private readonly ValueSummary _queue = new();
    private readonly ValueSummary _encode = new();
    private long _images;
    private long _imageTokens;
    private long _videos;
    private long _videoTokens;

    /// <summary>A request has arrived.</summary>
    public void Arrive(RequestMedia media)
    {
        var (images, videos) = (media.Of(MediaKind.Image), media.Of(MediaKind.Video));
        _images += images.Count;
        _imageTokens += images.Tokens;
        _videos += videos.Count;
        _videoTokens += videos.Tokens;
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
        new(_images, _imageTokens)
        {
            Videos = takesVideos ? _videos : null,
            VideoTokens = takesVideos ? _videoTokens : null,
            EncodeQueueSeconds = _queue.Summarize(),
            EncodeSeconds = _encode.Summarize(),
        };
}
