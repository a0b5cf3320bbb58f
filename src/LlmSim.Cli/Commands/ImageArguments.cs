using System.CommandLine;
using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary>Pictures of requests.</summary>
internal sealed class ImageArguments
{
    private readonly Option<string> _imagesPerRequest = CliOption.Text(
        "images_per_request",
        "pictures behind the text of a prompt, of a model with an encoder: a number, or the fewest and the most as in 0-4; their tokens come on top of the lengths "
            + "(docs/multimodal.md) [none; 1 with --image_size or --image_share]",
        valueName: "COUNT",
        value: new OptionValue.Text(() => ["1", "2", "0-4"])
    );

    private readonly Option<string> _imageSize = CliOption.Text(
        "image_size",
        "their sizes in pixels, as in 1024x768, or several of equal probability as in 1024x768|512x512 [1024x1024]",
        valueName: "SIZES",
        value: new OptionValue.Text(() => ["1024x1024", "1024x768|512x512"])
    );

    private readonly Option<double?> _imageShare = CliOption.OptionalNumber(
        "image_share",
        "share of the requests that have some [1]",
        FigureRanges.Share
    );

    public IReadOnlyList<Option> Options => [_imagesPerRequest, _imageSize, _imageShare];

    /// <summary>The configuration with the pictures that were asked for.</summary>
    public RunConfiguration Read(ParseResult parse, RunConfiguration configuration) =>
        configuration with
        {
            ImagesPerRequest = parse.GetValue(_imagesPerRequest),
            ImageSize = parse.GetValue(_imageSize),
            ImageShare = parse.GetValue(_imageShare),
        };
}
