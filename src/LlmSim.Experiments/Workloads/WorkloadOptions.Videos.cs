using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <content>Videos of requests.</content>
internal sealed partial record WorkloadOptions
{
    /// <summary>Videos of a request: a number, or the fewest and the most; null for none, or one where another of these is given.</summary>
    public string? VideosPerRequest { get; init; }

    /// <summary>Their sizes in pixels; null for 1280x720.</summary>
    public string? VideoSize { get; init; }

    /// <summary>Their lengths; null for 10 s.</summary>
    public string? VideoSeconds { get; init; }

    /// <summary>Frames that are sampled; null for as many as the model samples unasked.</summary>
    public double? VideoFps { get; init; }

    /// <summary>Whether requests may have videos.</summary>
    public bool HasVideos =>
        HasOwnVideos
        || Videos is not null
        || (Source == RequestSource.Mix && ReadMix().Classes.Any(one => one.Source.HasVideos));

    /// <summary>Whether its requests stand alone, and say nothing of videos themselves.</summary>
    internal bool TakesVideos => !HasOwnVideos && StandAlone;

    /// <summary>Whether videos are drawn at random.</summary>
    internal bool DrawsVideos => Videos is { IsRandom: true };

    /// <summary>Whether a trace says which videos its requests have.</summary>
    private bool HasOwnVideos => HasColumn(TraceFields.VideosKey);

    /// <summary>The videos that are added; null for none.</summary>
    private VideoLoad? Videos =>
        VideoLoad.Of(VideosPerRequest, VideoSize, VideoSeconds, VideoFps) is not { } load ? null
        : HasOwnVideos
            ? throw new UserErrorException(
                "videos_per_request: the trace says which requests have videos; allowed with columns videos: no option of videos"
            )
        : Added("videos_per_request", "videos", load);
}
