using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <content>Videos and recordings of requests.</content>
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
    private MediaLoad? Videos =>
        AddedUnlessOwn(
            "videos",
            HasOwnVideos,
            MediaLoad.Videos(VideosPerRequest, VideoSize, VideoSeconds, VideoFps)
        );

    /// <summary>Recordings of a request: a number, or the fewest and the most; null for none, or one where their lengths are given.</summary>
    public string? AudioPerRequest { get; init; }

    /// <summary>Their lengths; null for 30 s.</summary>
    public string? AudioSeconds { get; init; }

    /// <summary>Whether requests may have recordings.</summary>
    public bool HasAudio =>
        HasOwnAudio
        || Audio is not null
        || (Source == RequestSource.Mix && ReadMix().Classes.Any(one => one.Source.HasAudio));

    /// <summary>Whether its requests stand alone, and say nothing of sound themselves.</summary>
    internal bool TakesAudio => !HasOwnAudio && StandAlone;

    /// <summary>Whether recordings are drawn at random.</summary>
    internal bool DrawsAudio => Audio is { IsRandom: true };

    /// <summary>Whether a trace says which recordings its requests have.</summary>
    private bool HasOwnAudio => HasColumn(TraceFields.AudioKey);

    /// <summary>The recordings that are added; null for none.</summary>
    private MediaLoad? Audio =>
        AddedUnlessOwn("audio", HasOwnAudio, MediaLoad.Audio(AudioPerRequest, AudioSeconds));

    private MediaLoad? AddedUnlessOwn(string media, bool hasOwn, MediaLoad? load) =>
        load is null ? null
        : hasOwn
            ? throw new UserErrorException(
                $"{media}_per_request: the trace says which requests have {media}; allowed with columns {media}: no option of {media}"
            )
        : Added($"{media}_per_request", media, load);
}
