using System.CommandLine;
using System.Globalization;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Validation;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim validate</c>: a recorded run of a real engine, or measured configurations, beside their simulation.</summary>
internal sealed class ValidateCommand : CliCommand
{
    private const string On = "on";

    private readonly Argument<string?> _folder = new("run")
    {
        HelpName = "RUN_DIR",
        Description =
            "folder of a recorded run: requests.jsonl, meta.json, deployment.json and, if there is one, timeseries.csv",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _profile = CliOption.Folder(
        "profile",
        "folder of the measured profile [profiles/HARDWARE/MODEL beside or above the run]",
        valueName: "DIR"
    );

    private readonly Option<string> _workload = CliOption.File(
        "workload",
        "the workload with hash_ids, for prefix caching [a .jsonl beside or above the run with requests of the same lengths]"
    );

    private readonly Option<string> _asyncScheduling = CliOption.Choice(
        "async_scheduling",
        "whether an iteration is planned while the one before it runs",
        On,
        [On, "off"]
    );

    private readonly Option<double> _prefillIteration = CliOption.Number(
        "prefill_iteration_seconds",
        "what an iteration with a part of a prompt takes beside its kernels; it belongs to the host, so measure yours",
        0,
        FigureRanges.Seconds
    );

    private readonly OptionGroup _ofRun;

    private readonly Option<string> _json = CliOption.File(
        "json",
        "the comparison as JSON; - for standard output, in the place of the table"
    );

    private readonly ServingArguments _serving = new();
    private readonly PlotArguments _plots = new();
    private readonly ReportArguments _report = new();
    private readonly PluginArguments _plugins = new();

    public ValidateCommand(CliConsole console)
        : base(
            "validate",
            "Simulate what was measured with real engines and compare: how far off are the predictions?",
            console
        )
    {
        Add(_folder);
        _ofRun = new("Recorded run", [_profile, _workload, _asyncScheduling, _prefillIteration]);
        AddGroups([
            _ofRun,
            new OptionGroup("Output", [_json]),
            .. _serving.Groups,
            _plots.Group,
            _report.Group,
            _plugins.PerformanceGroup,
        ]);
        AllowSeveralValues([_serving.SeveralValues]);
        Examples =
        [
            "llmsim validate runs/RTXPRO6000-Llama-3.1-8B",
            "llmsim validate runs/RTXPRO6000-Llama-3.1-8B --plots pictures",
            "llmsim validate --rows rows.csv --report errors.html",
            "llmsim validate run --profile profiles/H100/Qwen3-32B --workload sharegpt.jsonl --json -",
            "llmsim validate --rows rows.csv --by system,precision --csv_output errors.csv",
            "llmsim validate --rows rows.csv --filter system=h100_sxm,engine=vllm --limit 50",
            "llmsim validate --experiments experiments.json --performance calibrated --plots pictures",
            "llmsim validate --bench rate4.json rate8.json --deployment cluster.json --performance kernels",
            "llmsim validate --bench artifacts/run/profile_export_aiperf.json --deployment cluster.json --model Qwen/Qwen3-32B",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        RequireOneKind(parse);
        if (parse.GetValue(_folder) is { } folder)
        {
            ValidateRun(parse, folder);
            return;
        }

        _plugins.BeforePerformance(parse, _serving.Performance(parse), Console);
        var catalogs = Catalogs.BuiltIn with
        {
            Models = _plugins.LoadModels(parse),
            Hardware = _plugins.LoadHardware(parse),
            Engines = _plugins.LoadEngines(parse),
        };
        _serving.Execute(
            parse,
            catalogs,
            parse.GetValue(_json),
            _plots.Read(parse),
            _report.Read(parse),
            Console
        );
    }

    /// <summary>Fails at options of the one kind of measurement beside the other.</summary>
    private void RequireOneKind(ParseResult parse)
    {
        var isRun = parse.GetValue(_folder) is not null;
        if (isRun == _serving.IsGiven(parse))
        {
            throw new UserErrorException(
                "give what to validate: the folder of a recorded run, --rows FILE, --experiments FILE or --bench FILE…; one of them"
            );
        }

        var unread = isRun ? _serving.Groups : [_ofRun];
        if (
            unread
                .SelectMany(group => group.Options)
                .FirstOrDefault(option => parse.GetResult(option) is { Implicit: false }) is
            { } given
        )
        {
            throw new UserErrorException(
                $"{given.Name}: is not read when {(isRun ? "a recorded run is" : "rows, experiments or load tests are")} validated"
            );
        }
    }

    private void ValidateRun(ParseResult parse, string folder)
    {
        var json = parse.GetValue(_json);
        using var file = json is null or "-" ? null : new OutputFile("--json", json);
        var report = _report.Read(parse);
        using var page = report?.Open();
        var validation = RunValidation.Of(
            folder,
            new RecordedRunOptions
            {
                ProfileFolder = parse.GetValue(_profile),
                WorkloadPath = parse.GetValue(_workload),
                AsyncScheduling = parse.GetValue(_asyncScheduling) == On,
                PrefillIterationSeconds = parse.GetValue(_prefillIteration),
                Catalogs = Catalogs.BuiltIn with { Models = _plugins.LoadModels(parse) },
            },
            Console.Cancellation
        );
        if (page is not null)
        {
            ReportPage.Write(page.Stream, ValidationPage.Of(validation, report!.Command));
            page.Commit();
        }

        if (json == "-")
        {
            Console.Out.Write(ValidationJson.Text(validation));
        }
        else
        {
            file?.Write(ValidationJson.Text(validation));
            Write(validation);
        }

        if (_plots.Read(parse) is { } plots)
        {
            foreach (var path in ValidationPictures.Draw(validation, plots.Folder, plots.Format))
            {
                Console.Error.WriteLine(path);
            }
        }
    }

    private void Write(RunValidation validation)
    {
        var run = validation.Run;
        Console.Out.WriteLine(
            $"Run         {TerminalText.Escape(run.Name)}: {TerminalText.Escape(run.ModelId)}, vLLM {TerminalText.Escape(run.Engine.Version)}, {run.Requests.Count} requests"
        );
        Console.Out.WriteLine($"Profile     {TerminalText.Escape(validation.ProfileName)}");
        Console.Out.WriteLine(
            $"Workload    {TerminalText.Escape(validation.WorkloadPath ?? "lengths of the run alone: no prefix caching")}"
        );
        Console.Out.WriteLine(
            $"KV cache    {string.Join(" + ", validation.KvBlocks.Select(blocks => Figures.Count(blocks)))} blocks, {validation.Summary.Evictions} preemptions"
        );
        if (validation.Summary.PerformanceRange is { IterationsOutOfRange: > 0 } range)
        {
            Console.Out.WriteLine(
                $"Range       {Figures.Count(range.IterationsOutOfRange)} of {Figures.Count(range.Iterations)} iterations beyond the profile, extrapolated"
            );
        }

        Console.Out.WriteLine();
        TextTable.Write(Table(validation), Console);
    }

    private static Spectre.Console.Table Table(RunValidation validation)
    {
        var table = TextTable.Create("Figure", "", ">measured", ">predicted", ">error %", ">MAPE %");
        foreach (var metric in validation.Metrics)
        {
            Add(metric.Name, "mean s", metric.Mean, Percent(metric.MeanAbsoluteErrorPercent));
            foreach (var percent in (int[])[50, 95, 99])
            {
                Add(
                    "",
                    string.Create(CultureInfo.InvariantCulture, $"p{percent} s"),
                    metric.Percentile(percent)
                );
            }
        }

        Add("makespan", "s", validation.MakespanSeconds);
        Add("throughput", "requests/s", validation.RequestsPerSecond);
        Add("", "output tokens/s", validation.OutputTokensPerSecond);
        return table;

        void Add(string name, string unit, MeasuredAndPredicted figure, string mape = "") =>
            table.Add(
                name,
                unit,
                Digits(figure.Measured),
                Digits(figure.Predicted),
                figure.ErrorPercent.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture),
                mape
            );

        static string Percent(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

        static string Digits(double value) =>
            value.ToString(value < 1 ? "0.00000" : "0.000", CultureInfo.InvariantCulture);
    }
}
