using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>Videos or recordings that are added to the requests of a workload. They are drawn from the stream of the seed of their name: they shift nothing else.</summary>
internal sealed class MediaLoad
{
    private const string VideosOption = "videos_per_request";
    private const string AudioOption = "audio_per_request";
    private const string AudioSecondsOption = "audio_seconds";
    private const string SizeOption = "video_size";
    private const string SecondsOption = "video_seconds";
    private const string RateOption = "video_fps";

    private readonly MediaCounts _counts;
    private readonly MediaItem[] _items;
    private readonly string _option;
    private readonly string _name;

    private MediaLoad(string option, string name, MediaCounts counts, MediaItem[] items) =>
        (_option, _name, _counts, _items) = (option, name, counts, items);

    /// <summary>Whether the seed decides on them.</summary>
    public bool IsRandom => _counts.Fewest != _counts.Most || _items.Length > 1;

    /// <summary>The videos that are asked for; null for none.</summary>
    /// <param name="perRequest">How many: a number, or the fewest and the most as in 0-2; null for one where another option is given.</param>
    /// <param name="size">Their sizes as in 1280x720, several of equal probability separated by a bar; null for 1280x720.</param>
    /// <param name="seconds">Their lengths, several of equal probability separated by a bar; null for 10.</param>
    /// <param name="framesPerSecond">Frames that are sampled; null for as many as the model samples unasked.</param>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static MediaLoad? Videos(
        string? perRequest,
        string? size,
        string? seconds,
        double? framesPerSecond
    )
    {
        if ((perRequest ?? size ?? seconds) is null && framesPerSecond is null)
        {
            return null;
        }

        if (framesPerSecond is { } rate)
        {
            WorkloadParameter.Require(MediaItem.RateRange, RateOption, rate);
        }

        var lengths = Lengths(SecondsOption, seconds ?? "10");
        return new(
            VideosOption,
            "videos",
            MediaCounts.Parse(VideosOption, perRequest ?? "1"),
            [
                .. MediaCounts
                    .Sizes(SizeOption, size ?? "1280x720")
                    .SelectMany(one =>
                        lengths.Select(length =>
                            one with
                            {
                                Seconds = length,
                                FramesPerSecond = framesPerSecond,
                            }
                        )
                    ),
            ]
        );
    }

    /// <summary>The recordings that are asked for; null for none.</summary>
    /// <param name="perRequest">How many: a number, or the fewest and the most as in 0-2; null for one where their lengths are given.</param>
    /// <param name="seconds">Their lengths, several of equal probability separated by a bar; null for 30.</param>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static MediaLoad? Audio(string? perRequest, string? seconds) =>
        (perRequest ?? seconds) is null
            ? null
            : new(
                AudioOption,
                "audio",
                MediaCounts.Parse(AudioOption, perRequest ?? "1"),
                [
                    .. Lengths(AudioSecondsOption, seconds ?? "30")
                        .Select(length => new MediaItem(0, 0, Seconds: length)),
                ]
            );

    /// <summary>The requests with their media.</summary>
    /// <exception cref="UserErrorException">While enumerating: one belongs to a conversation.</exception>
    public IEnumerable<RequestSpec> Apply(IEnumerable<RequestSpec> requests, long seed)
    {
        var random = new RandomStream(seed, _name);
        foreach (var request in requests)
        {
            if (request.Conversation is not null)
            {
                throw new UserErrorException(
                    $"{_option}: requests of conversations have no {_name}; allowed: sources whose requests stand alone"
                );
            }

            var items = _counts.Draw(random, _items);
            yield return items.Length == 0
                ? request
                : request with
                {
                    Media = MediaItem.Join(request.Media, items),
                };
        }
    }

    private static double[] Lengths(string option, string text) =>
        [
            .. text.Split('|')
                .Select(word =>
                    double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var length)
                    && MediaItem.SecondsRange.Contains(length)
                        ? length
                        : throw new UserErrorException(
                            $"{option}: found '{word}'; allowed: a number {MediaItem.SecondsRange}, or several as in 5|10"
                        )
                ),
        ];
}
