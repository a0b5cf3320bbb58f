using System.CommandLine;
using LlmSim.Experiments.Plots;

namespace LlmSim.Cli.Commands;

/// <summary>Pictures of a run.</summary>
internal sealed class PlotArguments
{
    private readonly Option<string> _plots = CliOption.Folder(
        "plots",
        "draw the run into this folder: latencies, queues, batches, KV memory, instances",
        valueName: "FOLDER"
    );

    private readonly Option<string> _format = FormatOption("plots_format");

    public OptionGroup Group => new("Pictures", [_plots, _format]);

    /// <summary>The option that names the format of pictures.</summary>
    public static Option<string> FormatOption(string name) =>
        CliOption.Choice(name, "format of the pictures", "png", ["png", "svg", "pdf"]);

    /// <summary>The format of that name.</summary>
    public static PictureFormat Format(string name) => Enum.Parse<PictureFormat>(name, ignoreCase: true);

    /// <summary>What reads the options.</summary>
    public ConditionalOptions Reader(ParseResult parse) => new("--plots", Read(parse) is not null, _format);

    /// <summary>What to draw; null for nothing.</summary>
    public PlotOptions? Read(ParseResult parse) =>
        parse.GetValue(_plots) is { } folder
            ? new PlotOptions(folder, Format(parse.GetRequiredValue(_format)))
            : null;
}
