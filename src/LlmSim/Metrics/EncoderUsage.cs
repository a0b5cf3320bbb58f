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

    /// <summary>Recordings of all requests that arrived; null where none may come.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Audio { get; init; }

    /// <summary>Their tokens in the prompts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? AudioTokens { get; init; }

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
/// <param name="takesAudio">Whether there may be sound.</param>
internal sealed class ImageRecorder(bool takesVideos, bool takesAudio)
{
    private readonly ValueSummary _queue = new();
    private readonly ValueSummary _encode = new();
    private readonly Sums _images = new();
    private readonly Sums _videos = new();
    private readonly Sums _audio = new();

    /// <summary>A request has arrived.</summary>
    public void Arrive(RequestMedia media)
    {
        _images.Add(media.Of(MediaKind.Image));
        _videos.Add(media.Of(MediaKind.Video));
        _audio.Add(media.Of(MediaKind.Audio));
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
        new(_images.Count, _images.Tokens)
        {
            Videos = takesVideos ? _videos.Count : null,
            VideoTokens = takesVideos ? _videos.Tokens : null,
            Audio = takesAudio ? _audio.Count : null,
            AudioTokens = takesAudio ? _audio.Tokens : null,
            EncodeQueueSeconds = _queue.Summarize(),
            EncodeSeconds = _encode.Summarize(),
        };

    private sealed class Sums
    {
        public long Count { get; private set; }

        public long Tokens { get; private set; }

        public void Add(in MediaTotals totals)
        {
            Count += totals.Count;
            Tokens += totals.Tokens;
        }
    }
}
