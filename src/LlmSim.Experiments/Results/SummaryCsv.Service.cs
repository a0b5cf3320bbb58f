using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <content>Columns of clients that react, and of pictures and other media.</content>
internal static partial class SummaryCsv
{
    private static IEnumerable<(string Name, object? Value)> Service(RunSummary s) =>
        [
            ("timed_out", s.TimedOut),
            ("failed", s.Failed),
            ("retried", s.Service?.Retries),
            ("failovers", s.Service?.Failovers),
            ("conversations", s.Service?.Conversations),
            ("conversations_broken_off", s.Service?.ConversationsBrokenOff),
            ("computed_tokens", s.Service?.ComputedTokens),
            ("useful_tokens", s.Service?.UsefulTokens),
            ("recomputed_tokens", s.Service?.RecomputedTokens),
            ("wasted_tokens", s.Service?.WastedTokens),
            ("jain_index", s.Service?.JainIndex),
        ];

    private static IEnumerable<(string Name, object? Value)> Media(RunConfiguration c) =>
        [
            ("images_per_request", c.ImagesPerRequest),
            ("image_size", c.ImageSize),
            ("image_share", c.ImageShare),
            ("videos_per_request", c.VideosPerRequest),
            ("video_size", c.VideoSize),
            ("video_seconds", c.VideoSeconds),
            ("video_fps", c.VideoFps),
            ("audio_per_request", c.AudioPerRequest),
            ("audio_seconds", c.AudioSeconds),
        ];

    private static IEnumerable<(string Name, object? Value)> Media(RunSummary s) =>
        [
            ("images", s.Encoder?.Images),
            ("image_tokens", s.Encoder?.ImageTokens),
            ("videos", s.Encoder?.Videos),
            ("video_tokens", s.Encoder?.VideoTokens),
            ("audio", s.Encoder?.Audio),
            ("audio_tokens", s.Encoder?.AudioTokens),
            ("images_encoded", s.Encoder?.Encoded),
            ("images_found", s.Encoder?.Found),
            ("encode_queue_mean", s.Encoder?.EncodeQueueSeconds.Mean),
            ("encode_mean", s.Encoder?.EncodeSeconds.Mean),
            ("encode_utilization", s.Encoder is null ? null : Utilization(s, "encode")),
        ];
}
