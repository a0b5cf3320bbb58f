using System.Text.Json.Serialization;

namespace LlmSim.Experiments;

/// <content>Media of requests beside pictures.</content>
internal sealed partial record RunConfiguration
{
    /// <summary>Videos of a request: a number, or the fewest and the most as in 0-2; null for none, or one where another option of videos is given.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VideosPerRequest { get; init; }

    /// <summary>Their sizes in pixels, as in 1280x720|640x360; null for 1280x720.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VideoSize { get; init; }

    /// <summary>Their lengths in seconds, as in 5|10; null for 10.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VideoSeconds { get; init; }

    /// <summary>Frames a second that are sampled; null for as many as the model samples unasked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? VideoFps { get; init; }

    /// <summary>Recordings of a request: a number, or the fewest and the most as in 0-2; null for none, or one where their lengths are given.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AudioPerRequest { get; init; }

    /// <summary>Their lengths in seconds, as in 5|30; null for 30.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AudioSeconds { get; init; }
}
