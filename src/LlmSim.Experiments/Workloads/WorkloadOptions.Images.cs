using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <content>Pictures of requests.</content>
internal sealed partial record WorkloadOptions
{
    /// <summary>Pictures of a request: a number, or the fewest and the most; null for none, or one where another of these is given.</summary>
    public string? ImagesPerRequest { get; init; }

    /// <summary>Their sizes in pixels; null for 1024x1024.</summary>
    public string? ImageSize { get; init; }

    /// <summary>Share of the requests that have some; null for all.</summary>
    public double? ImageShare { get; init; }

    /// <summary>Whether requests may have pictures or other media.</summary>
    public bool HasImages =>
        HasPictures
        || HasVideos
        || HasAudio
        || (Source == RequestSource.Mix && ReadMix().Classes.Any(one => one.Source.HasImages));

    /// <summary>Whether all its requests have pictures, or say themselves which they have.</summary>
    public bool HasPictures => Images is not null;

    /// <summary>Whether its requests stand alone, and say nothing of pictures themselves.</summary>
    internal bool TakesImages => !HasOwnImages && StandAlone;

    /// <summary>Whether a trace says which pictures its requests have.</summary>
    internal bool HasOwnImages => HasColumn(TraceFields.ImagesKey);

    /// <summary>Whether pictures are drawn at random.</summary>
    internal bool DrawsImages => Images is { IsRandom: true };

    /// <summary>The pictures that are added, or get their sizes; null for none.</summary>
    private ImageLoad? Images
    {
        get
        {
            var load = ImageLoad.Of(ImagesPerRequest, ImageSize, ImageShare, HasOwnImages);
            return load is null ? null : Added("images_per_request", "pictures", load);
        }
    }

    private bool StandAlone =>
        Source is not (RequestSource.Mix or RequestSource.Chat or RequestSource.Agent)
        && !Trace.ReplaysSessions;

    private bool HasColumn(string key) =>
        TracePath is not null && TraceFields.ParseColumns(Trace.Columns).ContainsKey(key);

    /// <summary>What is added to the requests of a source that takes it.</summary>
    private T Added<T>(string option, string media, T load) =>
        Source == RequestSource.Mix
            ? throw new UserErrorException(
                $"{option}: the classes of a mix have {media} of their own; allowed with mix: these options in a class"
            )
        : StandAlone ? load
        : throw new UserErrorException(
            $"{option}: requests of conversations have no {media}; allowed: sources whose requests stand alone"
        );
}
