using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>Videos that are added to the requests of a workload, behind their pictures. They are drawn from the stream <c>videos</c> of the seed: they shift nothing else.</summary>
internal sealed class VideoLoad
{
    private const string CountOption = "videos_per_request";
    private const string SizeOption = "video_size";
    private const string SecondsOption = "video_seconds";
    private const string RateOption = "video_fps";

    private readonly MediaCounts _counts;
    private readonly MediaItem[] _videos;

    private VideoLoad(MediaCounts counts, MediaItem[] videos) => (_counts, _videos) = (counts, videos);

    /// <summary>Whether the seed decides on them.</summary>
    public bool IsRandom => _counts.Fewest != _counts.Most || _videos.Length > 1;

    /// <summary>The videos that are asked for; null for none.</summary>
    /// <param name="perRequest">How many: a number, or the fewest and the most as in 0-2; null for one where another option is given.</param>
    /// <param name="size">Their sizes as in 1280x720, several of equal probability separated by a bar; null for 1280x720.</param>
    /// <param name="seconds">Their lengths, several of equal probability separated by a bar; null for 10.</param>
    /// <param name="framesPerSecond">Frames that are sampled; null for as many as the model samples unasked.</param>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static VideoLoad? Of(string? perRequest, string? size, string? seconds, double? framesPerSecond)
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
            MediaCounts.Parse(CountOption, perRequest ?? "1"),
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

    /// <summary>The requests with their videos.</summary>
    /// <exception cref="UserErrorException">While enumerating: one belongs to a conversation.</exception>
    public IEnumerable<RequestSpec> Apply(IEnumerable<RequestSpec> requests, long seed)
    {
        var random = new RandomStream(seed, "videos");
        foreach (var request in requests)
        {
            if (request.Conversation is not null)
            {
                throw new UserErrorException(
                    $"{CountOption}: requests of conversations have no videos; allowed: sources whose requests stand alone"
                );
            }

            var videos = new MediaItem[_counts.Fewest + random.Next(_counts.Most - _counts.Fewest + 1)];
            for (var i = 0; i < videos.Length; i++)
            {
                videos[i] = _videos[random.Next(_videos.Length)];
            }

            yield return videos.Length == 0
                ? request
                : request with
                {
                    Media = MediaItem.Join(request.Media, videos),
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
