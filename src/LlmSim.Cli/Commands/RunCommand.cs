using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Steady;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim run</c>: one simulation, or the sweep over all combinations of options with several values.</summary>
internal sealed class RunCommand : CliCommand, ISweepingCommand
{
    private readonly RunArguments _run = new();
    private readonly OutputArguments _output = new();
    private readonly SteadyArguments _steady = new();
    private readonly ScenarioArguments _scenario = new();

    public RunCommand(CliConsole console)
        : base(
            "run",
            "Simulate a cluster on a workload. Options that say what to simulate may have several values: all "
                + "combinations are then run, as a sweep.",
            console
        )
    {
        Add(_scenario.Argument);
        AddGroups([
            _scenario.Group,
            .. _run.Groups,
            _steady.Group,
            .. _output.Groups,
            _output.SingleRunGroup,
            _run.PluginGroup,
            .. _run.SemanticsGroups,
        ]);
        AllowSeveralValues([
            .. _run.Groups,
            .. _run.SemanticsGroups,
            _output.RequirementsGroup,
            _steady.Several,
        ]);
        Examples =
        [
            "llmsim run",
            "llmsim run --lambda_arrival 3 --prefill_local shortest --ttft_slo 5",
            "llmsim run --trace_path trace.jsonl --request_count 1000",
            "llmsim run --requests_output requests.parquet --csv_output summary.csv",
            "llmsim run --sample_queue_states --sample_interval 1 --plots plots",
            "llmsim run --lambda_arrival 5 --report report.html",
            "llmsim run --request_count 500 --trace_output run.perfetto.json.gz",
            "llmsim run --semantics reference --lm_head full --json -",
            "llmsim run --require 'ttft_p99<1s, tpot_p99<50ms' --require 'attainment>=95%'",
            "llmsim run --precise 2% --precise_figure ttft_mean tpot_mean",
            "llmsim run --lambda_arrival 1 2 3 --seed 1 2 3 4 5 --csv_output sweep.csv",
            "llmsim run samples/scenarios/tenants.yaml --seed 7",
            "llmsim run --lambda_arrival 3 --print_scenario",
        ];
        SetAction(Execute);
    }

    private int Execute(ParseResult line)
    {
        var parse = _scenario.Expand(line, this, _run.Check);
        RequireValues(parse);
        if (_scenario.AsksToPrint(line))
        {
            Console.Out.Write(_scenario.Write(parse, this, Sections));
            return ExitCode.Success;
        }

        var plan = _run.Plan(parse, Console);
        if (plan.Points.Count > 1 || _output.AsksForSweep(parse))
        {
            _output.RequireSingleRun(parse);

            if (_steady.Asked(parse) is { } asked)
            {
                throw new UserErrorException(
                    $"{asked}: a sweep has intervals from several seeds (--replications_output); run one point."
                );
            }

            return SweepExecution.Run(plan, parse, _output, [], Console);
        }

        SweepExecution.Warn(plan, parse, _output, isSweep: false, Console);
        Console.Warn(_steady.Unread(parse));
        return RunOne(plan.Points[0].Configuration, parse);
    }

    /// <summary>The options as they stand in a scenario file.</summary>
    private IEnumerable<(string Section, OptionGroup Group)> Sections =>
        [
            .. _run.Sections,
            ("statistics", _steady.Group),
            .. _output.Groups.Append(_output.SingleRunGroup).Select(group => ("outputs", group)),
            .. _run.SemanticsGroups.Select(group => ("semantics", group)),
        ];

    /// <inheritdoc />
    public int Merge(ParseResult parse, IReadOnlyList<ShardFolder> shards) =>
        SweepExecution.Run(_run.Plan(parse, Console), parse, _output, shards, Console);

    private int RunOne(RunConfiguration configuration, ParseResult parse)
    {
        RunResult result;
        var goal = _steady.Goal(parse);
        var outputs = _output.Paths(parse) with { Intervals = _steady.AsksForIntervals(parse) };
        var timer = _output.AsksForTiming(parse) ? new RunTimer() : null;
        using (var progress = new ProgressLine(Console, _output.IsQuiet(parse)))
        {
            Action<RunProgress> report = progress.Report;
            if (timer is not null)
            {
                report += timer.Report;
            }

            if (goal is not null)
            {
                (configuration, outputs) = Lengthen(configuration, outputs, goal, progress);
            }

            result = Experiment.Run(configuration, outputs, report, Console.Cancellation);
        }

        if (result.Precise is { IsReached: false } precise)
        {
            Console.Warn([PrecisionReport.Describe(precise)]);
        }

        TraceNotices.Write([result.Trace], Console);
        timer?.Write(Console.Error);
        if (result.Verification is { } verification)
        {
            Console.Error.WriteLine($"llmsim: verified: {verification}");
        }

        if (result.TraceEvents is { } events)
        {
            Console.Error.WriteLine($"llmsim: trace: {TerminalText.Escape(events)}");
        }

        if (!_output.IsJsonOnStandardOutput(parse) && !_output.IsQuiet(parse))
        {
            SummaryReport.Write(result, Console);
        }
        else
        {
            PredictionNotices.Write([result.Prediction], Console);
            if (_output.IsJsonOnStandardOutput(parse))
            {
                Console.Out.Write(SummaryJson.Text(result));
            }
        }

        return RequirementsReport.Tell([("", result)], Console);
    }

    private (RunConfiguration Configuration, OutputPaths Outputs) Lengthen(
        RunConfiguration configuration,
        OutputPaths outputs,
        PreciseGoal goal,
        ProgressLine progress
    )
    {
        var (longer, outcome) = PreciseRun.Find(configuration, goal, progress.Report, Console.Cancellation);
        return (longer, outputs with { Precise = outcome });
    }
}
