using LlmSim.Memory;
using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Clients;

/// <summary>What the pictures of a request are to the model that answers.</summary>
internal static class ImageTokens
{
    /// <summary>The pictures of a request.</summary>
    /// <exception cref="UserErrorException">The model takes none, or not these.</exception>
    public static RequestImages Of(in RequestSpec spec, ModelDescription model)
    {
        var encoder = Required(model);
        var images = spec.Images!;
        var shapes = new ImageShape[images.Count];
        var ids = new long[images.Count];
        long tokens = spec.InputTokens;
        for (var i = 0; i < shapes.Length; i++)
        {
            var image = images[i];
            shapes[i] = encoder.Images.Of(image.Width, image.Height);
            tokens += shapes[i].Tokens;
            ids[i] = IdOf(spec.Id, i, image);
        }

        return tokens <= int.MaxValue
            ? new(encoder, shapes, ids, spec.InputTokens)
            : throw new UserErrorException(
                $"request {spec.Id} of the workload has {tokens} tokens of text and pictures; allowed: at most {int.MaxValue} together"
            );
    }

    /// <summary>The encoder of a model.</summary>
    /// <exception cref="UserErrorException">It has none.</exception>
    public static VisionEncoder Required(ModelDescription model) =>
        model.Vision
        ?? throw new UserErrorException(
            model.VisionLack is { } lack
                ? $"images: the encoder of {model.Id} cannot be simulated: {lack}"
                : $"images: {model.Id} has no encoder of pictures; allowed: a model whose config.json has vision_config, such as Qwen/Qwen2.5-VL-7B-Instruct, google/gemma-3-27b-it or meta-llama/Llama-4-Scout-17B-16E-Instruct"
        );

    /// <summary>Equal pictures have equal ids where the workload says so; all others have one that nobody else has.</summary>
    private static long IdOf(long request, int place, ImageSize image)
    {
        var size = ((ulong)image.Width << 32) | (uint)image.Height;
        var own = image.Id is { } id
            ? PrefixKeys.Mix((ulong)id)
            : PrefixKeys.Mix(~PrefixKeys.Mix((ulong)request) ^ (ulong)place);
        return (long)PrefixKeys.Mix(own ^ PrefixKeys.Mix(size));
    }
}
