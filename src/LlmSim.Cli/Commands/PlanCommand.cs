using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Planning;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim plan</c>: from traffic and SLOs to the cluster to buy.</summary>
internal sealed class PlanCommand : CliCommand
{
    private readonly RunArguments _run = new();
    private readonly PlanArguments _plan = new();
    private readonly PlanOutputArguments _output = new();
    private readonly ReportArguments _report = new();

    public PlanCommand(CliConsole console)
        : base(
            "plan",
            "Find the cluster to buy: for a model, a workload and SLOs, which accelerators, how many, and how they are divided.",
            console
        )
    {
        AddGroups([
            _plan.QuestionGroup,
            _plan.CandidateGroup,
            _plan.CostGroup,
            .. _output.Groups,
            _report.Group,
            .. _run.Groups,
            _run.PluginGroup,
            .. _run.SemanticsGroups,
        ]);
        AllowSeveralValues([_plan.SeveralValues, _run.ServingGroup]);
        Examples =
        [
            "llmsim plan --model unsloth/Llama-3.3-70B-Instruct --precision fp8 --workload chat --lambda_arrival 10 --slo \"ttft_p99<1s, tpot_p99<50ms\"",
            "llmsim plan --workload chat --lambda_arrival 10 --slo \"ttft_p99<1s\" --hardware H100 H200 --modes mixed --objective accelerators --explain",
            "llmsim plan --workload chat --slo \"ttft_p99<2s, tpot_p99<80ms\" --objective rate --gpus 16 --hardware H100",
        ];
        SetAction(Execute);
    }

    /// <inheritdoc />
    public override string? WhyNot(string option) =>
        option is "--shard"
            ? $"{option}: a plan chooses each simulation by what came of those before it, so that no part of it is known at the beginning; --queue gives it more machines, see docs/clusters.md."
            : null;

    private int Execute(ParseResult parse)
    {
        var settings = _plan.Workload(parse) is { } workload ? PlanWorkloads.Settings(workload) : [];
        var plan = _run.WithoutCluster(parse, settings, [new Setting("warmup", "10%")], Console);
        var question = _plan.Read(
            parse,
            WithDeadlines(plan.Points[0].Configuration, parse),
            [.. plan.Points.Select(point => ServingSetup.Of(point.Settings))]
        );
        var bound = PlanLoad.Of(question);
        var folder = _output.OpenFolder(parse);
        using var journal = _output.OpenJournal(parse, folder);
        Console.Warn(_output.Unread(parse));
        var runner = _output.Runner(parse, folder, Console);
        using var connection = runner as IDisposable;
        PlanAnswer answer;
        Prober prober;
        IReadOnlyList<Influence> influences = [];
        using (var progress = new ProgressLine(Console, _output.IsQuiet(parse)))
        {
            prober = Prober(question);
            answer = new Planner(question, bound, prober.Judge).Answer();
            if (answer.Rows.Count == 0)
            {
                // How near the nearest comes is known of runs that went to their end.
                prober = Prober(question with { EndsRunsEarly = false });
                answer = new Planner(question, bound, prober.Judge).Answer();
            }

            if (_output.AsksForSensitivity(parse) && answer.Rows.Count > 0)
            {
                influences = Sensitivity.Of(answer, bound, varied => Prober(varied).Judge);
            }

            Prober Prober(PlanQuestion asked) =>
                new(asked, journal, runner, Console.Cancellation) { OnRun = progress.ReportRuns };
        }

        PlanFiles.Write(
            folder,
            answer,
            prober.UnderLoad,
            plan.Common,
            _report.Read(parse) is { } options
                ? (options, PlanPage.Of(answer, prober.UnderLoad, influences, options.Command))
                : null
        );
        PredictionNotices.Write(answer.Rows.Select(row => row.Judgement.Results[0].Prediction), Console);
        if (!_output.IsQuiet(parse))
        {
            PlanReport.Write(answer, prober, folder, _output.Explains(parse), Console);
            if (influences.Count > 0)
            {
                InfluenceReport.Write(question, bound, influences, Console);
            }
        }

        return answer.Rows.Count > 0 ? ExitCode.Success : ExitCode.NotMet;
    }

    /// <summary>Goodput counts requests within the latencies that are asked for.</summary>
    private RunConfiguration WithDeadlines(RunConfiguration configuration, ParseResult parse)
    {
        foreach (var slo in _plan.Slos(parse).Where(slo => slo.IsUpper))
        {
            configuration = slo.Figure.Time switch
            {
                "ttft" => configuration with { TtftSloSeconds = slo.Value },
                "tpot" => configuration with { TpotSloSeconds = slo.Value },
                _ => configuration,
            };
        }

        return configuration;
    }
}
