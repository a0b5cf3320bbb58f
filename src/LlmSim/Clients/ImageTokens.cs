using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>What the media of a request are to the model that answers.</summary>
internal static class ImageTokens
{
    /// <summary>The media of a request.</summary>
    /// <exception cref="UserErrorException">The model takes none, or not these.</exception>
    public static RequestMedia Of(in RequestSpec spec, ModelDescription model)
    {
        var media = spec.Media!;
        var shapes = new MediaShape[media.Count];
        var kinds = new MediaKind[media.Count];
        var ids = new long[media.Count];
        long tokens = spec.InputTokens;
        for (var i = 0; i < shapes.Length; i++)
        {
            var item = media[i];
            shapes[i] = item.Kind switch
            {
                MediaKind.Video => Video(item, model),
                MediaKind.Audio => Recording(item, model),
                _ => Required(model).Images.Of(item.Width, item.Height),
            };
            kinds[i] = item.Kind;
            tokens += shapes[i].Tokens;
            ids[i] = IdOf(spec.Id, i, item);
        }

        return tokens <= int.MaxValue
            ? new(model, shapes, kinds, ids, spec.InputTokens)
            : throw new UserErrorException(
                $"request {spec.Id} of the workload has {tokens} tokens of text and media; allowed: at most {int.MaxValue} together"
            );
    }

    private static MediaShape Video(in MediaItem video, ModelDescription model)
    {
        var rule = RequiredVideos(model);
        var shape = rule.Of(video.Width, video.Height, video.Seconds, video.FramesPerSecond);
        return shape.Embeddings <= rule.MostEmbeddings
            ? shape
            : throw new UserErrorException(
                $"video_size: found {video}, {shape.Embeddings} tokens; allowed with this model: up to {rule.MostEmbeddings} of a video"
            );
    }

    private static MediaShape Recording(in MediaItem recording, ModelDescription model)
    {
        var rule = RequiredAudio(model);
        var shape = rule.Of(recording.Seconds);
        return shape.Embeddings <= rule.MostEmbeddings
            ? shape
            : throw new UserErrorException(
                $"audio_seconds: found {recording}, {shape.Embeddings} tokens; allowed with this model: up to {rule.MostEmbeddings} of a recording"
            );
    }

    /// <summary>How a model hears recordings.</summary>
    /// <exception cref="UserErrorException">It hears nothing.</exception>
    public static AudioRule RequiredAudio(ModelDescription model) =>
        model.Audio?.Recordings
        ?? throw new UserErrorException(
            model.AudioLack is { } lack
                ? $"audio: the encoder of {model.Id} cannot be simulated: {lack}"
                : $"audio: {model.Id} has no encoder of sound; allowed: a model whose config.json has audio_config, such as Qwen/Qwen2-Audio-7B-Instruct or mistralai/Voxtral-Mini-3B-2507"
        );

    /// <summary>A model with some encoder.</summary>
    /// <exception cref="UserErrorException">It has none.</exception>
    public static void RequireAny(ModelDescription model)
    {
        if (!model.Encoders.Any())
        {
            _ = Required(model);
        }
    }

    /// <summary>How a model sees videos.</summary>
    /// <exception cref="UserErrorException">It sees none, or nobody says how.</exception>
    public static VideoRule RequiredVideos(ModelDescription model) =>
        Required(model).Videos
        ?? throw new UserErrorException(
            $"videos: how {model.Id} makes tokens of a video is not known; allowed: Qwen2-VL, Qwen2.5-VL, Qwen3-VL, Qwen3.5 and InternVL, such as Qwen/Qwen2.5-VL-7B-Instruct"
        );

    /// <summary>The encoder of a model.</summary>
    /// <exception cref="UserErrorException">It has none.</exception>
    public static VisionEncoder Required(ModelDescription model) =>
        model.Vision
        ?? throw new UserErrorException(
            model.VisionLack is { } lack
                ? $"images: the encoder of {model.Id} cannot be simulated: {lack}"
                : $"images: {model.Id} has no encoder of pictures; allowed: a model whose config.json has vision_config, such as Qwen/Qwen2.5-VL-7B-Instruct, google/gemma-3-27b-it or meta-llama/Llama-4-Scout-17B-16E-Instruct"
        );

    /// <summary>Equal media have equal ids where the workload says so; all others have one that nobody else has.</summary>
    private static long IdOf(long request, int place, in MediaItem item)
    {
        var size = ((ulong)item.Width << 32) | (uint)item.Height;
        if (item.Kind != MediaKind.Image)
        {
            var length = PrefixKeys.Mix(BitConverter.DoubleToUInt64Bits(item.Seconds));
            size ^= length ^ BitConverter.DoubleToUInt64Bits(item.FramesPerSecond ?? 0);
        }

        var own = item.Id is { } id
            ? PrefixKeys.Mix((ulong)id)
            : PrefixKeys.Mix(~PrefixKeys.Mix((ulong)request) ^ (ulong)place);
        return (long)PrefixKeys.Mix(own ^ PrefixKeys.Mix(size));
    }
}
