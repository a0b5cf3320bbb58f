namespace LlmSim.Performance;

/// <summary>
/// Times of the encoders of a model, by the same performance models as those of the text: a prefill of their patches of which nothing is kept, and in which each sees all
/// patches of its sequence.
/// </summary>
internal sealed class EncoderTime
{
    private readonly IPerformanceModel? _vision;
    private readonly IPerformanceModel? _audio;
    private readonly bool _isMasked;
    private readonly Dictionary<MediaShape, double> _alone = [];
    private PrefillChunk[] _chunks = new PrefillChunk[4];

    private EncoderTime(IPerformanceModel? vision, IPerformanceModel? audio, bool isMasked) =>
        (_vision, _audio, _isMasked) = (vision, audio, isMasked);

    /// <summary>Times on an instance.</summary>
    /// <param name="served">The model that the encoders belong to.</param>
    /// <param name="instance">Where it is.</param>
    /// <param name="semantics">What divides a model.</param>
    /// <param name="times">Gives the times of a model on an instance.</param>
    public static EncoderTime Of(
        ServedModel served,
        InstanceSpec instance,
        Semantics semantics,
        Func<ServedModel, InstanceSpec, IPerformanceModel> times
    )
    {
        var model = served.Model;
        return new(
            model.Vision is { } vision ? Tower(vision) : null,
            model.Audio is { } audio ? Tower(audio) : null,
            semantics.AttentionMask == AttentionMask.Causal
        );

        IPerformanceModel Tower(MediaEncoder encoder)
        {
            var tower = encoder.Tower(served.Name);
            return times(
                tower,
                instance with
                {
                    TpSize = Degree(tower.Model, instance, semantics),
                    PpSize = 1,
                    PpLayers = null,
                    ExpertParallel = 1,
                    ExpertSkew = null,
                    RedundantExperts = 0,
                    TwoBatchOverlap = false,
                    Engine = instance.Engine is { } engine ? engine with { Speculation = null } : null,
                }
            );
        }
    }

    /// <summary>Bytes of the encoders on all accelerators of an instance: where their number does not divide it, each has all of it.</summary>
    public static long WeightBytes(ServedModel served, InstanceSpec instance, Semantics semantics)
    {
        const int BytesPerParameter = 2;
        return served.Model.Encoders.Sum(encoder =>
        {
            var copies =
                Degree(encoder.Tower(served.Name).Model, instance, semantics) == 1 ? instance.TpSize : 1;
            return BytesPerParameter * encoder.Parameters * copies;
        });
    }

    /// <summary>Seconds to encode one picture alone.</summary>
    public double Seconds(in MediaShape image)
    {
        if (!_alone.TryGetValue(image, out var seconds))
        {
            seconds = Seconds([image]);
            _alone.Add(image, seconds);
        }

        return seconds;
    }

    /// <summary>Seconds to encode some media together, those of one encoder at a time; 0 for none.</summary>
    public double Seconds(ReadOnlySpan<MediaShape> media) =>
        Seconds(_vision, media, areSounds: false) + Seconds(_audio, media, areSounds: true);

    private double Seconds(IPerformanceModel? tower, ReadOnlySpan<MediaShape> media, bool areSounds)
    {
        var (sequences, tokens, computed, pairs) = (0, 0, 0L, 0L);
        foreach (var image in media)
        {
            if (image.IsSound != areSounds)
            {
                continue;
            }

            var before = Before(image.Patches);
            Reserve(sequences + image.Sequences);
            Array.Fill(_chunks, new PrefillChunk(image.Patches, before), sequences, image.Sequences);
            sequences += image.Sequences;
            tokens += image.Sequences * image.Patches;
            computed += (long)image.Sequences * before;
            pairs += (long)image.Sequences * image.Patches * image.Patches;
        }

        return sequences == 0
            ? 0
            : tower!.Seconds(
                new IterationBatch
                {
                    PrefillRequests = sequences,
                    PrefillTokens = tokens,
                    PrefillComputedTokens = computed,
                    PrefillAttentionPairs = pairs,
                    PrefillChunks = sequences > 1 ? _chunks.AsMemory(0, sequences) : default,
                }
            );
    }

    /// <summary>
    /// Tokens before the patches with which a model of a prompt comes to n² pairs of query and key: with a causal mask n · n/2 + n (n + 1) / 2; where all pairs of a chunk of a
    /// prompt are computed, those that are seen and as many again but for the ones before and the diagonal, 2 n² - n (n - 1) - n.
    /// </summary>
    private int Before(int patches) => _isMasked ? patches / 2 : patches - 1;

    private static int Degree(ModelDescription tower, InstanceSpec instance, Semantics semantics) =>
        TensorParallelism.Degrees(tower, semantics).Contains(instance.TpSize) ? instance.TpSize : 1;

    private void Reserve(int sequences)
    {
        if (sequences > _chunks.Length)
        {
            Array.Resize(ref _chunks, Math.Max(sequences, 2 * _chunks.Length));
        }
    }
}
