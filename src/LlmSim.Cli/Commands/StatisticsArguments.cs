using System.CommandLine;
using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary>Which requests the statistics are about.</summary>
internal sealed class StatisticsArguments
{
    private static readonly RunConfiguration s_defaults = new();

    private readonly Option<string> _warmup = LeftOut(
        "warmup",
        "first",
        s_defaults.Warmup,
        "; auto finds them in the run (MSER-5)"
    );
    private readonly Option<string> _cooldown = LeftOut("cooldown", "last", s_defaults.Cooldown, "");

    public OptionGroup Group => new("Statistics", [_warmup, _cooldown]);

    public RunConfiguration Read(ParseResult parse, RunConfiguration configuration) =>
        configuration with
        {
            Warmup = parse.GetRequiredValue(_warmup),
            Cooldown = parse.GetRequiredValue(_cooldown),
        };

    private static Option<string> LeftOut(string name, string which, string defaultValue, string more) =>
        CliOption.Text(
            name,
            $"{which} requests to leave out of the statistics: so many, or a share of all as 10% or 0.1{more}",
            defaultValue,
            "N|SHARE"
        );
}
