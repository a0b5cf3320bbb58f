using System.CommandLine;
using LlmSim.Experiments.Plots;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim plot</c>: pictures of results, without simulating.</summary>
internal sealed class PlotCommand : CliCommand
{
    private readonly Argument<string[]> _results = new("results")
    {
        HelpName = "RESULTS…",
        Description =
            "files that llmsim run or llmsim sweep wrote, or folders of them: requests, summaries and samples, CSV or "
            + "Parquet; their columns say which they are",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _output = CliOption.Folder(
        "output",
        "folder for the pictures; made when it is not there",
        "plots",
        "FOLDER"
    );

    private readonly Option<string> _format = PlotArguments.FormatOption("format");

    private readonly Option<string> _style = CliOption.Choice(
        "style",
        "size and print resolution: a screen, or a column or both of a paper",
        PictureLook.Styles[0],
        PictureLook.Styles
    );

    private readonly Option<string> _size = CliOption.Text(
        "size",
        "width and height in pixels, such as 1200x600; letters keep their size",
        valueName: "WxH"
    );

    private readonly Option<string> _title = CliOption.Text(
        "title",
        "in the place of a picture's own title; '' for none, as where a caption says it"
    );

    private readonly Option<string> _xLabel = CliOption.Text(
        "x_label",
        "in the place of its horizontal label"
    );

    private readonly Option<string> _yLabel = CliOption.Text("y_label", "in the place of its vertical label");

    private readonly Option<string> _labels = CliOption.Text(
        "labels",
        "names of the files in legends, one for each, with commas between them",
        valueName: "NAMES"
    );

    private readonly Option<string> _intervals = CliOption.Choice(
        "intervals",
        "95 % intervals over seeds as",
        "bars",
        ["bars", "bands"]
    );

    private readonly Option<double?> _ttftSlo = CliOption.OptionalNumber(
        "ttft_slo",
        "a line in distributions of TTFT; summaries have their own",
        FigureRanges.LimitSeconds
    );

    private readonly Option<double?> _tpotSlo = CliOption.OptionalNumber(
        "tpot_slo",
        "a line in distributions of TPOT; summaries have their own",
        FigureRanges.LimitSeconds
    );

    private readonly Option<string> _x = CliOption.Text(
        "x",
        "draw columns of one table against this one, in the place of the usual pictures",
        valueName: "COLUMN"
    );

    private readonly Option<string> _y = CliOption.Text(
        "y",
        "the columns to draw, with commas between them",
        valueName: "COLUMNS"
    );

    private readonly Option<string> _by = CliOption.Text(
        "by",
        "columns whose values tell lines apart, with commas between them",
        valueName: "COLUMNS"
    );

    public PlotCommand(CliConsole console)
        : base("plot", "Draw results that are there already.", console)
    {
        Add(_results);
        AddGroups(
            new OptionGroup("Output", [_output, _format]),
            new OptionGroup(
                "Look",
                [_style, _size, _title, _xLabel, _yLabel, _labels, _intervals, _ttftSlo, _tpotSlo]
            ),
            new OptionGroup("Any columns", [_x, _y, _by])
        );
        Examples =
        [
            "llmsim plot requests.parquet",
            "llmsim plot fcfs.csv shortest.csv --output comparison --format svg",
            "llmsim plot sweep.csv queue_states.csv memory_usage.csv",
            "llmsim plot sweep.csv --x lambda_arrival --y ttft_p50,ttft_p99 --by prefill_local",
            "llmsim plot sweep.csv --style one-column --format pdf --title '' --intervals bands",
            "llmsim plot a.csv b.csv --labels 'first come,shortest first' --size 1200x600 --ttft_slo 1",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        if (parse.GetValue(_x) is { } x)
        {
            Console.Out.WriteLine(DrawColumns(parse, x));
            return;
        }

        var paths = PictureSet.Draw(
            parse.GetRequiredValue(_results),
            parse.GetRequiredValue(_output),
            Look(parse),
            new PlotChoices
            {
                Labels = Names(parse.GetValue(_labels) ?? ""),
                TtftSloSeconds = parse.GetValue(_ttftSlo),
                TpotSloSeconds = parse.GetValue(_tpotSlo),
                AreBands = AreBands(parse),
            },
            Console.Cancellation
        );
        foreach (var path in paths)
        {
            Console.Out.WriteLine(path);
        }
    }

    private string DrawColumns(ParseResult parse, string x) =>
        parse.GetRequiredValue(_results) is [var table] && parse.GetValue(_y) is { } y
            ? ColumnPicture.Draw(
                table,
                x,
                Names(y),
                Names(parse.GetValue(_by) ?? ""),
                parse.GetRequiredValue(_output),
                Look(parse),
                AreBands(parse)
            )
            : throw new UserErrorException("--x: wants one table and --y with the columns to draw.");

    private PictureLook Look(ParseResult parse)
    {
        var look = new PictureLook(PlotArguments.Format(parse.GetRequiredValue(_format)))
        {
            Title = parse.GetValue(_title),
            XLabel = parse.GetValue(_xLabel),
            YLabel = parse.GetValue(_yLabel),
        }.WithStyle(parse.GetRequiredValue(_style));
        return parse.GetValue(_size) is { } size ? look.WithSize(size) : look;
    }

    private bool AreBands(ParseResult parse) => parse.GetValue(_intervals) == "bands";

    private static string[] Names(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
