using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>Pictures that are added to the requests of a workload. They are drawn from the stream <c>images</c> of the seed: they shift no length and no arrival.</summary>
internal sealed record ImageLoad
{
    private const string CountOption = "images_per_request";
    private const string SizeOption = "image_size";
    private const string ShareOption = "image_share";

    private MediaCounts _counts;
    private MediaItem[] _sizes = [];
    private double _share = 1;

    /// <summary>Whether the seed decides on them.</summary>
    public bool IsRandom => _counts.Fewest != _counts.Most || _sizes.Length > 1 || _share is > 0 and < 1;

    /// <summary>The pictures that are asked for; null for none.</summary>
    /// <param name="perRequest">How many: a number, or the fewest and the most as in 1-4; null for one where another option is given.</param>
    /// <param name="size">Their sizes as in 1024x768, several of equal probability separated by a bar; null for 1024x1024.</param>
    /// <param name="share">Share of the requests that have some; null for all.</param>
    /// <param name="hasOwn">Whether requests say themselves how many they have.</param>
    /// <exception cref="UserErrorException">An option is wrong.</exception>
    public static ImageLoad? Of(string? perRequest, string? size, double? share, bool hasOwn)
    {
        if ((perRequest ?? size) is null && share is null && !hasOwn)
        {
            return null;
        }

        if (hasOwn && (perRequest is not null || share is not null))
        {
            throw new UserErrorException(
                $"{(perRequest is null ? ShareOption : CountOption)}: the trace says which requests have pictures; allowed with columns images: {SizeOption} alone"
            );
        }

        if (share is { } given)
        {
            WorkloadParameter.Require(FigureRanges.Share, ShareOption, given);
        }

        var counts = MediaCounts.Parse(CountOption, perRequest ?? "1");
        return new()
        {
            _counts = hasOwn ? default : counts,
            _sizes = size is null && hasOwn ? [] : MediaCounts.Sizes(SizeOption, size ?? "1024x1024"),
            _share = share ?? 1,
        };
    }

    /// <summary>The requests with their pictures.</summary>
    /// <exception cref="UserErrorException">While enumerating: one has pictures without sizes, or belongs to a conversation.</exception>
    public IEnumerable<RequestSpec> Apply(IEnumerable<RequestSpec> requests, long seed)
    {
        var random = new RandomStream(seed, "images");
        foreach (var request in requests)
        {
            if (request.Conversation is not null)
            {
                throw new UserErrorException(
                    $"{CountOption}: requests of conversations have no pictures; allowed: sources whose requests stand alone"
                );
            }

            var own = request.Media;
            yield return request with
            {
                Media =
                    own is null || own[0].Kind != MediaKind.Image ? MediaItem.Join(Drawn(random), own)
                    : own.All(image => image.IsKnown) ? own
                    : Sized(request, own, random),
            };
        }
    }

    private MediaItem[]? Drawn(RandomStream random)
    {
        // A draw decides nothing where all have pictures, but other options then draw the same.
        if (random.NextDouble() >= _share)
        {
            return null;
        }

        return _counts.Draw(random, _sizes) is { Length: > 0 } images ? images : null;
    }

    private MediaItem[] Sized(in RequestSpec request, IReadOnlyList<MediaItem> own, RandomStream random)
    {
        if (_sizes.Length == 0)
        {
            throw new UserErrorException(
                $"{SizeOption}: missing, and request {request.Id} of the workload has {own.Count} pictures without sizes; allowed: as in 1024x768"
            );
        }

        return [.. own.Select(image => image.IsKnown ? image : _sizes[random.Next(_sizes.Length)])];
    }
}
