using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Testing;

/// <summary>Media of random requests, and encoders for them.</summary>
internal static class RandomImages
{
    /// <summary>Pictures have a token for each pixel, up to 64, and two more.</summary>
    public static VisionEncoder Encoder { get; } =
        new()
        {
            Layers = 1,
            HiddenSize = 1,
            Heads = 1,
            HeadSize = 1,
            MlpWidth = 1,
            GatedMlp = false,
            PatchParameters = 1,
            ProjectorParameters = 1,
            PatchesOfEmbedding = 1,
            EmbeddingValues = 1,
            Images = new PixelBudgetImages(PatchSize: 1, Merge: 1, MinPixels: 1, MaxPixels: 64),
            Videos = new FrameTiles(Side: 2, PatchSize: 1, TileTokens: 4, ContextTokens: 64),
        };

    /// <summary>Recordings have 5 tokens a window of 0.1 s, and one more.</summary>
    public static AudioEncoder Hearing { get; } =
        new()
        {
            Layers = 1,
            HiddenSize = 1,
            Heads = 1,
            HeadSize = 1,
            MlpWidth = 1,
            GatedMlp = false,
            PatchParameters = 1,
            ProjectorParameters = 1,
            PatchesOfEmbedding = 1,
            EmbeddingValues = 2,
            Recordings = new WholeWindowsAudio(Positions: 5, PositionsOfToken: 1, ContextTokens: 64),
        };

    /// <summary>The scenario with encoders, in its instances or in some of their own.</summary>
    /// <param name="scenario">What takes pictures.</param>
    /// <param name="seed">Draws the times.</param>
    /// <param name="apart">Whether instances of their own encode.</param>
    public static Scenario Encoding(Scenario scenario, int seed, bool apart)
    {
        var random = new RandomStream(seed, "encoders");
        var times = new IterationTimesModel(
            random.NextDouble() * 1e-2,
            random.NextDouble() * 1e-4,
            random.NextDouble() * 1e-6
        );
        var spec = scenario.PrefillInstances.Concat(scenario.MixedInstances).First() with
        {
            Engine = null,
            PpSize = 1,
            CpSize = null,
            EncodeBatch = 1 + random.Next(4),
        };
        return scenario with
        {
            Model = scenario.Model with { Vision = Encoder, Audio = Hearing },
            TakesImages = true,
            TakesVideos = true,
            TakesAudio = true,
            EncoderTimes = (_, _) => times,
            EncodeInstances = apart ? [.. Enumerable.Repeat(spec, 1 + random.Next(2))] : [],
        };
    }

    /// <summary>Tokens of a medium.</summary>
    public static int TokensOf(in MediaItem item) =>
        item.Kind switch
        {
            MediaKind.Video => Encoder
                .Videos!.Of(item.Width, item.Height, item.Seconds, item.FramesPerSecond)
                .Tokens,
            MediaKind.Audio => Hearing.Recordings.Of(item.Seconds).Tokens,
            _ => Encoder.Images.Of(item.Width, item.Height).Tokens,
        };

    /// <summary>The same requests with pictures, videos and recordings, some of them equal; one in four has none.</summary>
    public static List<RequestSpec> AddTo(IEnumerable<RequestSpec> requests, int seed)
    {
        var random = new RandomStream(seed, "pictures");
        return
        [
            .. requests.Select(request =>
                request with
                {
                    Media =
                        random.Next(4) == 0
                            ? null
                            : MediaItem.Join([.. Draw(random, 1 + random.Next(4))], Others(random)),
                }
            ),
        ];
    }

    private static MediaItem[] Others(RandomStream random)
    {
        var others = new MediaItem[random.Next(3)];
        for (var i = 0; i < others.Length; i++)
        {
            others[i] = random.Next(4) switch
            {
                0 => new(3, 2, Seconds: 1 + random.Next(4), FramesPerSecond: 1 + random.Next(4)),
                1 => new(3, 2, Id: random.Next(4), Seconds: 1),
                2 => new(0, 0, Seconds: 0.1 + random.NextDouble()),
                _ => new(0, 0, Id: random.Next(4), Seconds: 0.35),
            };
        }

        return [.. others.OrderBy(item => item.Kind)];
    }

    private static IEnumerable<MediaItem> Draw(RandomStream random, int count)
    {
        for (var i = 0; i < count; i++)
        {
            yield return random.Next(2) == 0
                ? new(1 + random.Next(10), 1 + random.Next(10))
                : new(6, 7, Id: random.Next(4));
        }
    }
}
