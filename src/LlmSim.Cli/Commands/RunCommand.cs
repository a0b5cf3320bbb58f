using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Results;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim run</c>: one simulation.</summary>
internal sealed class RunCommand : CliCommand
{
    private const string StandardOutput = "-";
    private static readonly RunConfiguration s_defaults = new();

    private readonly WorkloadArguments _workload = new();
    private readonly ModelArguments _model = new();
    private readonly SemanticsArguments _semantics = new();
    private readonly Option<string> _prefillConfig = ClusterFile("prefill_config", "prefill");
    private readonly Option<string> _decodeConfig = ClusterFile("decode_config", "decode");

    private readonly Option<string> _prefillGlobal = Policy(
        "prefill_global",
        "routes arriving requests to prefill instances",
        s_defaults.PrefillGlobal
    );

    private readonly Option<string> _prefillLocal = Policy(
        "prefill_local",
        "picks the next request of a prefill queue",
        s_defaults.PrefillLocal
    );

    private readonly Option<string> _decodeGlobal = Policy(
        "decode_global",
        "routes prefilled requests to decode instances",
        s_defaults.DecodeGlobal
    );

    private readonly Option<string> _decodeLocal = Policy(
        "decode_local",
        "picks the next request of a decode queue",
        s_defaults.DecodeLocal
    );

    private readonly Option<string> _outputPredictor = CliOption.Text(
        "output_predictor",
        "what policies are told about output lengths: none, oracle, noisy:sigma=0.3",
        s_defaults.OutputPredictor,
        "NAME"
    );

    private readonly Option<double> _ttftSlo = Slo(
        "ttft_slo",
        "time to first token",
        s_defaults.TtftSloSeconds
    );
    private readonly Option<double> _tpotSlo = Slo(
        "tpot_slo",
        "time per output token",
        s_defaults.TpotSloSeconds
    );

    private readonly Option<string> _requestsOutput = CliOption.File(
        "requests_output",
        "one row a request, CSV or Parquet by extension"
    );

    private readonly Option<string> _csvOutput = CliOption.File("csv_output", "one row for the run, CSV");

    private readonly Option<string> _json = CliOption.File(
        "json",
        "configuration and summary as JSON; - for standard output, in the place of the table"
    );

    private readonly Option<bool> _quiet = CliOption.Flag("quiet", "no table and no progress");

    private readonly Option<bool> _timing = CliOption.Flag(
        "timing",
        "say on standard error how long the simulation took once it ran"
    );

    public RunCommand(CliConsole console)
        : base("run", "Simulate a cluster on a workload.", console)
    {
        AddGroups([
            _workload.Group,
            new("Cluster", [_prefillConfig, _decodeConfig]),
            _model.Group,
            new(
                "Policies (see llmsim policies; options as NAME:key=value,key=value)",
                [_prefillGlobal, _prefillLocal, _decodeGlobal, _decodeLocal, _outputPredictor]
            ),
            new("Service level objectives", [_ttftSlo, _tpotSlo]),
            new("Output", [_requestsOutput, _csvOutput, _json, _quiet, _timing]),
            .. _semantics.Groups,
        ]);
        Examples =
        [
            "llmsim run",
            "llmsim run --lambda_arrival 3 --prefill_local shortest --ttft_slo 5",
            "llmsim run --trace_path trace.jsonl --request_count 1000 --arrivals trace",
            "llmsim run --requests_output requests.parquet --csv_output summary.csv",
            "llmsim run --semantics reference --lm_head full --json -",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var configuration = Read(parse);
        var json = parse.GetValue(_json);
        var outputs = new OutputPaths(
            parse.GetValue(_requestsOutput),
            parse.GetValue(_csvOutput),
            json == StandardOutput ? null : json
        );
        var isQuiet = parse.GetValue(_quiet);

        RunResult result;
        var timer = parse.GetValue(_timing) ? new RunTimer() : null;
        using (var progress = new ProgressLine(Console, isQuiet))
        {
            Action<RunProgress> report = progress.Report;
            if (timer is not null)
            {
                report += timer.Report;
            }

            result = Experiment.Run(configuration, outputs, report, Console.Cancellation);
        }

        timer?.Write(Console.Error);

        if (json == StandardOutput)
        {
            Console.Out.Write(SummaryJson.Text(result));
        }
        else if (!isQuiet)
        {
            SummaryReport.Write(result, Console);
        }
    }

    private RunConfiguration Read(ParseResult parse) =>
        _workload.Read(
            parse,
            new RunConfiguration
            {
                Model = _model.Model(parse),
                Precision = _model.Precision(parse),
                PrefillConfig = parse.GetValue(_prefillConfig),
                DecodeConfig = parse.GetValue(_decodeConfig),
                PrefillGlobal = parse.GetRequiredValue(_prefillGlobal),
                PrefillLocal = parse.GetRequiredValue(_prefillLocal),
                DecodeGlobal = parse.GetRequiredValue(_decodeGlobal),
                DecodeLocal = parse.GetRequiredValue(_decodeLocal),
                OutputPredictor = parse.GetRequiredValue(_outputPredictor),
                TtftSloSeconds = parse.GetValue(_ttftSlo),
                TpotSloSeconds = parse.GetValue(_tpotSlo),
                Semantics = _semantics.Read(parse),
            }
        );

    private static Option<string> ClusterFile(string name, string stage) =>
        CliOption.File(
            name,
            $"the {stage} instances: a JSON list of {{\"hardware\": …, \"tp_size\": …}} [four NVIDIA_H100_SXM "
                + $"at tp 4; with --semantics reference four NVIDIA_A100_40G at tp {(stage == "prefill" ? 4 : 8)}]"
        );

    private static Option<string> Policy(string name, string description, string defaultValue) =>
        CliOption.Text(name, description, defaultValue, "POLICY");

    private static Option<double> Slo(string name, string quantity, double defaultSeconds) =>
        CliOption.Number(
            name,
            $"{quantity} below which a request meets its SLO, in seconds",
            defaultSeconds,
            "above 0",
            value => value > 0
        );
}
