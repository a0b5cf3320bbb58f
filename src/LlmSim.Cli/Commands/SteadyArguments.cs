using System.CommandLine;
using LlmSim.Experiments.Steady;

namespace LlmSim.Cli.Commands;

/// <summary>How sure a run shall be of its figures.</summary>
internal sealed class SteadyArguments
{
    private readonly Option<bool> _intervals = CliOption.Flag(
        "intervals",
        "95 % intervals of the run's figures, from batches of its requests"
    );

    private readonly Option<string> _precise = CliOption.Text(
        "precise",
        "run longer until half the 95 % interval of a figure is so narrow relative to it, such as 2%; the warm-up is found unless "
            + "--warmup says it",
        valueName: "SHARE"
    );

    private readonly Option<string> _figure = CliOption.Text(
        "precise_figure",
        $"the figures that --precise is about [{PreciseGoal.DefaultFigure}]",
        valueName: "FIGURE"
    );

    private readonly Option<string> _limit = CliOption.Text(
        "precise_limit",
        $"the longest run of --precise: requests, or simulated seconds as 3600s [{PreciseGoal.DefaultMostRequests}]",
        valueName: "N|SECONDS"
    );

    public OptionGroup Group =>
        new("Precision (docs/steady-state.md)", [_intervals, _precise, _figure, _limit]);

    /// <summary>Figures may be several.</summary>
    public OptionGroup Several => new("", [_figure]);

    /// <summary>Whether something is asked for that only a single run has.</summary>
    public string? Asked(ParseResult parse) =>
        parse.GetValue(_intervals) ? "--intervals"
        : parse.GetValue(_precise) is not null ? "--precise"
        : null;

    public bool AsksForIntervals(ParseResult parse) => Asked(parse) is not null;

    /// <summary>What is asked for; null when the length of the run is given.</summary>
    public PreciseGoal? Goal(ParseResult parse) =>
        parse.GetValue(_precise) is { } share
            ? PreciseGoal.Parse(
                share,
                [.. parse.GetResult(_figure)?.Tokens.Select(token => token.Value) ?? []],
                parse.GetValue(_limit)
            )
            : null;

    /// <summary>A message for each option that is given and that nothing reads.</summary>
    public IEnumerable<string> Unread(ParseResult parse) =>
        new ConditionalOptions("--precise", parse.GetValue(_precise) is not null, _figure, _limit).Unread(
            parse
        );
}
