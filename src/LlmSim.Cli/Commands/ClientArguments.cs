using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Fleets;

namespace LlmSim.Cli.Commands;

/// <summary>What clients do beside sending, and what becomes of instances.</summary>
internal sealed class ClientArguments
{
    private static readonly RunConfiguration s_defaults = new();

    private readonly Option<string> _thinkTime = Duration(
        "think_time",
        "with --concurrency: how long a client thinks between the end of a request and the next one"
    );

    private readonly Option<string> _ttftPatience = Duration(
        "ttft_patience",
        "how long a client waits for the first token before it gives up [for ever]"
    );

    private readonly Option<string> _patience = Duration(
        "patience",
        "how long a client waits for the last token before it gives up [for ever]"
    );

    private readonly Option<string> _retries = CliOption.Text(
        "retries",
        $"how often a client sends a request again that was turned away, given up or lost: {ClientOptions.RetriesForm} [never]",
        valueName: "N"
    );

    private readonly Option<string> _faults = CliOption.File(
        "faults",
        "a YAML file of faults at given times: instances that fail, are slow, have a slow link (docs/fleets.md)"
    );

    private readonly Option<string> _failures = CliOption.Text(
        "failures",
        $"failures at random: {FleetOptions.FailuresForm} [none]",
        valueName: "FIGURES"
    );

    private readonly Option<string> _lostRequests = CliOption.Choice(
        "lost_requests",
        "requests whose instance fails are sent again with the tokens that the client has (keep), from the beginning (restart), or "
            + "left to the client (fail)",
        s_defaults.LostRequests,
        ["keep", "restart", "fail"]
    );

    private readonly Option<string> _drain = CliOption.Choice(
        "drain",
        "requests on an instance that is to stop, or to fail after a notice, end where they are (finish), or go to another one with their KV cache "
            + "(migrate)",
        FleetOptions.Drains[0],
        FleetOptions.Drains
    );

    private readonly Option<string> _startTime = CliOption.Text(
        "start_time",
        $"how long an instance takes to start: {FleetOptions.StartForm} [engine=30,load=2e9]",
        valueName: "TIME"
    );

    private readonly Option<string> _switchTime = CliOption.Text(
        "switch_time",
        "how long an instance takes to change its role once it is empty, as 30 or 500ms [the engine of start_time: weights stay]",
        valueName: "TIME"
    );

    private readonly Option<string> _autoscale = CliOption.Text(
        "autoscale",
        "the policy by which the number of ready instances of each stage follows the load, up to those of the cluster [all, always]",
        valueName: "POLICY"
    );

    private readonly Option<string> _autoscaleLimits = CliOption.Text(
        "autoscale_limits",
        $"limits and times of autoscaling, as {FleetOptions.LimitsForm}: seconds between decisions, and seconds in which the most that "
            + "was wanted still counts [min=1,interval=10,cooldown=60]",
        valueName: "FIGURES"
    );

    public OptionGroup ClientGroup =>
        new("Clients (docs/clients.md)", [_thinkTime, _ttftPatience, _patience, _retries]);

    public OptionGroup FleetGroup =>
        new(
            "Fleet (docs/fleets.md)",
            [_faults, _failures, _lostRequests, _drain, _startTime, _switchTime, _autoscale, _autoscaleLimits]
        );

    public RunConfiguration Read(ParseResult parse, RunConfiguration configuration)
    {
        configuration = configuration with
        {
            ThinkTime = parse.GetValue(_thinkTime),
            TtftPatience = parse.GetValue(_ttftPatience),
            Patience = parse.GetValue(_patience),
            Retries = parse.GetValue(_retries),
            Faults = parse.GetValue(_faults),
            Failures = parse.GetValue(_failures),
            LostRequests = parse.GetRequiredValue(_lostRequests),
            DrainsByMigration = parse.GetRequiredValue(_drain) == FleetOptions.Drains[^1],
            StartTime = parse.GetValue(_startTime),
            SwitchTime = parse.GetValue(_switchTime),
            Autoscale = parse.GetValue(_autoscale),
            AutoscaleLimits = parse.GetValue(_autoscaleLimits),
        };
        ClientOptions.Parse(configuration);
        FleetOptions.Parse(configuration);
        return configuration;
    }

    private static Option<string> Duration(string name, string description) =>
        CliOption.Text(
            name,
            $"{description}: seconds, or exponential:mean=5, lognormal:mean=5,sigma=1, uniform:from=1,to=5",
            valueName: "DURATION"
        );
}
