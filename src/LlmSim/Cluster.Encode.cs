using LlmSim.Instances.Encode;
using LlmSim.Metrics;

namespace LlmSim;

/// <content>Pictures that are encoded before prompts are prefilled.</content>
internal sealed partial class Cluster
{
    /// <summary>The instances that only encode; null where there are none.</summary>
    private readonly EncodeStage? _encode;

    public IReadOnlyList<EncodeInstance> EncodeInstances => _encode?.Instances ?? [];

    /// <summary>What became of pictures; null where requests have none.</summary>
    public EncoderUsage? EncoderUsage()
    {
        if (_recorder.Images is not { } images)
        {
            return null;
        }

        var engines = BatchedInstances
            .Select(instance => instance.Encoding)
            .OfType<Batching.ImageEncoding>()
            .ToArray();
        return images.Summarize() with
        {
            Encoded =
                engines.Sum(engine => engine.Encoded)
                + EncodeInstances.Sum(instance => instance.Encoded)
                + PrefillInstances.Sum(instance => instance.EncodedImages),
            Found = engines.Sum(engine => engine.Hits),
        };
    }
}
