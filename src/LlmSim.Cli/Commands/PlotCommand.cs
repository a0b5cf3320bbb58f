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
            new OptionGroup("Any columns", [_x, _y, _by])
        );
        Examples =
        [
            "llmsim plot requests.parquet",
            "llmsim plot fcfs.csv shortest.csv --output comparison --format svg",
            "llmsim plot sweep.csv queue_states.csv memory_usage.csv",
            "llmsim plot sweep.csv --x lambda_arrival --y ttft_p50,ttft_p99 --by prefill_local",
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
            PlotArguments.Format(parse.GetRequiredValue(_format)),
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
                PlotArguments.Format(parse.GetRequiredValue(_format))
            )
            : throw new UserErrorException("--x: wants one table and --y with the columns to draw.");

    private static string[] Names(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
