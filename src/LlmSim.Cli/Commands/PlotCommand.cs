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

    private readonly Option<string> _output = CliOption.Text(
        "output",
        "folder for the pictures; made when it is not there",
        "plots",
        "FOLDER"
    );

    private readonly Option<string> _format = PlotArguments.FormatOption("format");

    public PlotCommand(CliConsole console)
        : base("plot", "Draw results that are there already.", console)
    {
        Add(_results);
        AddGroups(new OptionGroup("Output", [_output, _format]));
        Examples =
        [
            "llmsim plot requests.parquet",
            "llmsim plot fcfs.csv shortest.csv --output comparison --format svg",
            "llmsim plot sweep.csv queue_states.csv memory_usage.csv",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
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
}
