using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Workloads;

namespace LlmSim.Cli.Commands;

/// <summary>Videos of requests.</summary>
internal sealed class VideoArguments
{
    private readonly Option<string> _videosPerRequest = CliOption.Text(
        "videos_per_request",
        "videos behind the text of a prompt, of a model with an encoder: a number, or the fewest and the most as in 0-2; their tokens come on top of the lengths "
            + "(docs/multimodal.md) [none; 1 with another option of videos]",
        valueName: "COUNT",
        value: new OptionValue.Text(() => ["1", "2", "0-2"])
    );

    private readonly Option<string> _videoSize = CliOption.Text(
        "video_size",
        "their sizes in pixels, as in 1280x720, or several of equal probability as in 1280x720|640x360 [1280x720]",
        valueName: "SIZES",
        value: new OptionValue.Text(() => ["1280x720", "1280x720|640x360"])
    );

    private readonly Option<string> _videoSeconds = CliOption.Text(
        "video_seconds",
        "their lengths in seconds, as in 10, or several of equal probability as in 5|10|60 [10]",
        valueName: "LENGTHS",
        value: new OptionValue.Text(() => ["10", "5|10|60"])
    );

    private readonly Option<double?> _videoFps = CliOption.OptionalNumber(
        "video_fps",
        "frames of a second that are sampled [those that the model's processor samples]",
        MediaItem.RateRange
    );

    public IReadOnlyList<Option> Options => [_videosPerRequest, _videoSize, _videoSeconds, _videoFps];

    /// <summary>The configuration with the videos that were asked for.</summary>
    public RunConfiguration Read(ParseResult parse, RunConfiguration configuration) =>
        configuration with
        {
            VideosPerRequest = parse.GetValue(_videosPerRequest),
            VideoSize = parse.GetValue(_videoSize),
            VideoSeconds = parse.GetValue(_videoSeconds),
            VideoFps = parse.GetValue(_videoFps),
        };
}
