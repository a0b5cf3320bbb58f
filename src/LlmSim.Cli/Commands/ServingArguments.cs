using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Cli.Commands;

/// <summary>Files of measured configurations, which of them to simulate, and how to show how far off the predictions are.</summary>
internal sealed partial class ServingArguments
{
    /// <summary>What most measured rows differ in and most people look for.</summary>
    private const string ClassesOfRows = "engine,family,mode";

    private const string ClassesOfExperiments = "family";

    private const string ClassesOfLoadTests = "load";

    private readonly Option<string> _rows = CliOption.File(
        "rows",
        "measured configurations under a closed loop, CSV; see docs/validation.md"
    );

    private readonly Option<string> _experiments = CliOption.File(
        "experiments",
        "measured configurations under Poisson arrivals in stages, JSON"
    );

    private readonly BenchArguments _bench = new();

    private readonly PerformanceArguments _performance = new();

    private readonly Option<string> _filter = CliOption.Text(
        "filter",
        "only those with these labels, such as system=h100_sxm|h200_sxm,engine=vllm",
        valueName: "LABEL=VALUE,…"
    );

    private readonly Option<string> _by = CliOption.Text(
        "by",
        $"labels that the errors are classed by, or none [{ClassesOfRows}; of experiments: {ClassesOfExperiments}; of load tests: {ClassesOfLoadTests}]",
        valueName: "LABEL,…"
    );

    private readonly Option<long?> _limit = CliOption.Limit();

    private readonly Option<bool> _includeDoubtful = CliOption.Flag(
        "include_doubtful",
        "also those that are known to be doubtful; they are counted otherwise"
    );

    private readonly Option<long?> _jobs = CliOption.Jobs();

    private readonly Option<string> _csvOutput = CliOption.File(
        "csv_output",
        "every figure measured and predicted, one row each, CSV"
    );

    private readonly Option<string> _fitted = CliOption.File(
        "fitted",
        "ids of configurations that a fit has seen, one a line or the first column of a CSV: they are left out"
    );

    private readonly Option<string> _writeErrors = CliOption.File(
        "write_errors",
        "put the errors by tier and class into this file, such as catalog/predictions/errors.json, in the place of its own of those classes"
    );

    private readonly Option<bool> _verbose = CliOption.Flag(
        "verbose",
        "list the configurations that cannot be expressed"
    );

    public IReadOnlyList<OptionGroup> Groups =>
        [
            new(
                "Measured configurations, in the place of RUN_DIR",
                [
                    _rows,
                    _experiments,
                    _bench.Files,
                    .. _performance.Group.Options,
                    _filter,
                    _by,
                    _limit,
                    _includeDoubtful,
                    _jobs,
                    _csvOutput,
                    _fitted,
                    _writeErrors,
                    _verbose,
                ]
            ),
            _bench.DeploymentGroup,
        ];

    /// <summary>Options that take several values.</summary>
    public OptionGroup SeveralValues => _bench.FilesGroup;

    /// <summary>Whether such a file was given.</summary>
    public bool IsGiven(ParseResult parse) =>
        parse.GetValue(_rows) is not null || parse.GetValue(_experiments) is not null || IsBench(parse);

    private bool IsBench(ParseResult parse) => parse.GetResult(_bench.Files) is not null;

    /// <summary>Simulates and writes.</summary>
    /// <param name="parse">The options.</param>
    /// <param name="catalogs">Models and accelerators by name.</param>
    /// <param name="json">Path of the JSON; "-" for standard output; null for none.</param>
    /// <param name="plots">Pictures; null for none.</param>
    /// <param name="report">A page; null for none.</param>
    /// <param name="console">Where to write.</param>
    public void Execute(
        ParseResult parse,
        Catalogs catalogs,
        string? json,
        PlotOptions? plots,
        ReportOptions? report,
        CliConsole console
    )
    {
        if (parse.GetValue(_writeErrors) is not null && catalogs.Engines.Own.Any())
        {
            throw new UserErrorException(
                "--write_errors: is not allowed with --engine_profiles: the file has the errors of the simulator's own profiles"
            );
        }

        var (path, cases) = Cases(parse, catalogs);
        using var csv = parse.GetValue(_csvOutput) is { } csvPath
            ? new OutputFile("--csv_output", csvPath)
            : null;
        using var jsonFile = json is null or "-" ? null : new OutputFile("--json", json);
        using var page = report?.Open();
        using var errors = OpenErrors(parse);
        var validation = Simulate(parse, path, cases, catalogs, console);
        if (csv is not null)
        {
            ServingCsv.Write(csv.Stream, validation);
            csv.Commit();
        }

        if (page is not null)
        {
            ReportPage.Write(page.Stream, ServingPage.Of(validation, report!.Command));
            page.Commit();
        }

        WriteErrors(parse, path, validation, errors);
        if (json == "-")
        {
            console.Out.Write(ServingJson.Text(validation));
        }
        else
        {
            jsonFile?.Write(ServingJson.Text(validation));
            ServingReport.Write(validation, parse.GetValue(_verbose), console);
        }

        if (plots is not null)
        {
            foreach (
                var picture in ServingPictures.Draw(
                    validation,
                    plots.Folder,
                    plots.Format,
                    console.Cancellation
                )
            )
            {
                console.Error.WriteLine(picture);
            }
        }
    }

    /// <summary>The source of the times.</summary>
    public string Performance(ParseResult parse) => _performance.Read(parse) ?? PerformanceSource.Auto;

    private ServingValidation Simulate(
        ParseResult parse,
        string path,
        IReadOnlyList<MeasuredCase> cases,
        Catalogs catalogs,
        CliConsole console
    )
    {
        using var progress = new ProgressLine(console, isQuiet: false);
        return ServingValidation.Of(
            path,
            cases,
            new ServingOptions
            {
                Filter = parse.GetValue(_filter),
                By =
                    parse.GetValue(_by)
                    ?? (
                        IsBench(parse) ? ClassesOfLoadTests
                        : parse.GetValue(_rows) is null ? ClassesOfExperiments
                        : ClassesOfRows
                    ),
                Limit = (int?)parse.GetValue(_limit),
                IncludesDoubtful = parse.GetValue(_includeDoubtful),
                FittedIds = parse.GetValue(_fitted) is { } fitted
                    ? FittedIds.Read(fitted, cases)
                    : new HashSet<string>(StringComparer.Ordinal),
                Workers = CliOption.JobsOf(parse, _jobs),
            },
            new CaseContext(Performance(parse), catalogs),
            progress.ReportCases,
            console.Cancellation
        );
    }

    private (string Source, IReadOnlyList<MeasuredCase> Cases) Cases(ParseResult parse, Catalogs catalogs)
    {
        if (!IsBench(parse))
        {
            RequireNoDeployment(parse);
        }

        return (parse.GetValue(_rows), parse.GetValue(_experiments), IsBench(parse)) switch
        {
            ({ } rows, null, false) => (rows, RowReader.Read(rows, catalogs.Models)),
            (null, { } experiments, false) => (
                experiments,
                ExperimentReader.Read(experiments, catalogs.Models)
            ),
            (null, null, true) => _bench.Cases(parse, Performance(parse), catalogs),
            _ => throw new UserErrorException("--rows, --experiments and --bench: give one of them"),
        };
    }

    private void RequireNoDeployment(ParseResult parse)
    {
        if (
            _bench.DeploymentGroup.Options.FirstOrDefault(option =>
                parse.GetResult(option) is { Implicit: false }
            ) is
            { } given
        )
        {
            throw new UserErrorException(
                $"{given.Name}: is not read when rows or experiments are validated: they say it themselves"
            );
        }
    }
}
