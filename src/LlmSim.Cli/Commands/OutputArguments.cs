using System.CommandLine;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>Where results go, and how a sweep is run.</summary>
internal sealed class OutputArguments
{
    private const string StandardOutput = "-";
    private const string ReplicationsName = "replications_output";
    private const string RequireName = "require";

    private readonly Option<string> _requestsOutput = CliOption.File(
        "requests_output",
        "one row a request, CSV or Parquet by extension; a sweep puts a hash into the name for each point, as it does for samples"
    );

    private readonly Option<string> _csvOutput = CliOption.File("csv_output", "one row a point, CSV");

    private readonly Option<string> _serviceOutput = CliOption.File(
        ServiceCsv.Option.TrimStart('-'),
        "one row a class, tenant and model of each point, CSV"
    );

    private readonly Option<string> _json = CliOption.File(
        "json",
        "configuration and summary as JSON; - for standard output, in the place of the table"
    );

    private readonly Option<bool> _quiet = CliOption.Flag("quiet", "no table and no progress");

    private readonly Option<bool> _verify = CliOption.Flag(
        "verify",
        "recompute the figures from the records of all requests, which are kept in memory, and say so; a difference is an error"
    );

    private readonly Option<bool> _timing = CliOption.Flag(
        "timing",
        "say on standard error how long the simulation took once it ran"
    );

    private readonly Option<string> _require = CliOption.Text(
        RequireName,
        "limits that each run has to keep, such as 'ttft_p99<1s, attainment>=95%'; exit code 3 where one is not met. "
            + "Figures: docs/slos.md",
        valueName: "LIMITS"
    );

    private readonly Option<string> _traceOutput = CliOption.File(
        PerfettoOptions.Option.TrimStart('-'),
        "every iteration and request as trace events for Perfetto or chrome://tracing, .json or .json.gz"
    );

    private readonly Option<long?> _traceLimit = CliOption.Integer(
        "trace_limit",
        "most events of that file; later ones are left out, and how many is said",
        PerfettoOptions.DefaultMostEvents,
        min: 1
    );

    private readonly Option<string> _replicationsOutput = CliOption.File(
        ReplicationsName,
        "with several seeds: mean, deviation and 95 % interval of each figure, CSV"
    );

    private readonly Option<long?> _jobs = CliOption.Jobs();

    private readonly Option<string> _checkpointPath = CliOption.File(
        "checkpoint_path",
        "journal of the finished points of a sweep, SQLite [RESULTS.journal.sqlite beside csv_output or requests_output]"
    );

    private readonly Option<bool> _resume = CliOption.Flag("resume", "run only what the journal lacks");

    private readonly Option<bool> _overwrite = CliOption.Flag(
        "overwrite",
        "forget the points that the journal has, and run all of them"
    );

    private readonly Option<bool> _printPlan = CliOption.Flag(
        "print_plan",
        "show the points of the sweep and run none"
    );

    private readonly Option<string> _shard = CliOption.Text(
        "shard",
        "run the K-th of N parts of the sweep, for job arrays; llmsim merge puts them together (docs/clusters.md)",
        valueName: "K/N"
    );

    private readonly QueueArguments _queue = new();
    private readonly SampleArguments _samples = new();
    private readonly PlotArguments _plots = new();
    private readonly ReportArguments _report = new();
    private readonly CostArguments _costs = new();

    /// <summary>What a single run has besides.</summary>
    public OptionGroup SingleRunGroup => new("Single run", [_timing, _traceOutput, _traceLimit]);

    /// <summary>Fails at what only a single run has.</summary>
    /// <exception cref="UserErrorException">It was asked for.</exception>
    public void RequireSingleRun(ParseResult parse)
    {
        if (AsksForTiming(parse))
        {
            throw new UserErrorException("--timing: a sweep is not timed; run one point.");
        }

        if (parse.GetValue(_traceOutput) is not null)
        {
            throw new UserErrorException($"{PerfettoOptions.Option}: is of a single run; run one point.");
        }
    }

    /// <summary>Limits: several values are as good as several limits in one.</summary>
    public OptionGroup RequirementsGroup => new("Limits", [_require]);

    public IReadOnlyList<OptionGroup> Groups =>
        [
            new(
                "Output",
                [_csvOutput, _requestsOutput, _serviceOutput, _replicationsOutput, _json, _quiet, _verify]
            ),
            RequirementsGroup,
            _costs.Group,
            new("Sweep", [_jobs, _checkpointPath, _resume, _overwrite, _printPlan, _shard]),
            _queue.Group,
            _samples.Group,
            _plots.Group,
            _report.Group,
        ];

    public bool IsQuiet(ParseResult parse) => parse.GetValue(_quiet);

    public bool AsksForTiming(ParseResult parse) => parse.GetValue(_timing);

    public bool IsPlanOnly(ParseResult parse) => parse.GetValue(_printPlan);

    /// <summary>The workers of a queue; null where the sweep runs here.</summary>
    /// <exception cref="UserErrorException">It is no address, or what is asked for does not go with it.</exception>
    public ISimulationRunner? Queue(ParseResult parse, SweepPlan plan, CliConsole console) =>
        _queue.IsAsked(parse)
            ? _queue.Open(
                parse,
                _jobs,
                Sweep(parse).JournalPath,
                point => CommandLineText.OfRun([.. plan.Common, .. point.Point.Settings]),
                console
            )
            : null;

    /// <summary>The part of the sweep that is to be run; null for all of it.</summary>
    /// <exception cref="UserErrorException">It is none.</exception>
    public Shard? ShardOf(ParseResult parse) =>
        parse.GetValue(_shard) is not { } text ? null
        : _queue.IsAsked(parse)
            ? throw new UserErrorException(
                "--queue deals points out one by one, --shard in parts; give one of them."
            )
        : Shard.Parse(text);

    /// <summary>The command line without what differs between the shards of a sweep, and between the times that one is run.</summary>
    public IReadOnlyList<string> CommandOfShards(ParseResult parse) =>
        CommandLineText.Without(parse, _shard, _resume, _overwrite, _jobs);

    public bool IsJsonOnStandardOutput(ParseResult parse) => parse.GetValue(_json) == StandardOutput;

    /// <summary>Whether something is asked for that only a sweep has.</summary>
    public bool AsksForSweep(ParseResult parse) =>
        IsPlanOnly(parse)
        || parse.GetValue(_resume)
        || parse.GetValue(_shard) is not null
        || _queue.IsAsked(parse)
        || parse.GetValue(_checkpointPath) is not null
        || parse.GetValue(_replicationsOutput) is not null;

    /// <summary>A message for each option that is given and that nothing reads.</summary>
    public IReadOnlyList<string> Unread(ParseResult parse, bool isSweep) =>
        [
            .. IsPlanOnly(parse)
                ? new ConditionalOptions(
                    "a run without --print_plan",
                    IsIn: false,
                    [.. Groups.SelectMany(group => group.Options).Except([_printPlan, _quiet])]
                ).Unread(parse)
                : Readers(parse, isSweep).SelectMany(reader => reader.Unread(parse)),
        ];

    /// <summary>Options of the simulation that its outputs read too: which events are sampled depends on the seed.</summary>
    public IReadOnlyCollection<string> ReadByOutputs(ParseResult parse) =>
        _samples.Read(parse) is { EventRate: > 0 and < 1 } ? [SweepPlan.SeedOption] : [];

    private IEnumerable<ConditionalOptions> Readers(ParseResult parse, bool isSweep) =>
        [
            .. _samples.Readers(parse),
            _plots.Reader(parse),
            _queue.Reader(parse),
            new(PerfettoOptions.Option, parse.GetValue(_traceOutput) is not null, _traceLimit),
            new("a sweep, --checkpoint_path or --resume", isSweep, _jobs, _overwrite),
        ];

    public OutputPaths Paths(ParseResult parse) =>
        new(
            parse.GetValue(_requestsOutput),
            parse.GetValue(_csvOutput),
            IsJsonOnStandardOutput(parse) ? null : parse.GetValue(_json),
            _samples.Read(parse),
            _plots.Read(parse),
            _report.Read(parse),
            parse.GetValue(_traceOutput) is { } trace
                ? new PerfettoOptions(trace, parse.GetValue(_traceLimit)!.Value)
                : null
        )
        {
            Service = parse.GetValue(_serviceOutput),
            Verify = parse.GetValue(_verify),
            Costs = _costs.Read(parse),
            Required = SloTerms.Parse(Given(parse, _require), $"--{RequireName}"),
        };

    public SweepOptions Sweep(ParseResult parse)
    {
        var journal = parse.GetValue(_checkpointPath) ?? DefaultJournal(Paths(parse));
        var isResumed = parse.GetValue(_resume);
        var isOverwritten = parse.GetValue(_overwrite);
        if (isResumed && isOverwritten)
        {
            throw new UserErrorException(
                "--resume keeps the points of the journal and --overwrite forgets them; give one of them."
            );
        }

        return isResumed && journal is null
            ? throw new UserErrorException(
                "--resume: there is no journal without a result file; give the --csv_output or --checkpoint_path of the sweep."
            )
            : new SweepOptions(
                CliOption.JobsOf(parse, _jobs),
                Paths(parse),
                journal,
                isResumed,
                isOverwritten
            );
    }

    /// <summary>Draws the rows of a finished sweep; null when that is not asked for.</summary>
    /// <exception cref="UserErrorException">What is asked for is of single runs.</exception>
    public Action<CancellationToken>? SweepPictures(ParseResult parse)
    {
        var paths = Paths(parse);
        if (paths.Plots is not { } plots)
        {
            return null;
        }

        return paths.Csv is { } csv
            ? cancellation => PictureSet.Draw([csv], plots.Folder, plots.Format, cancellation: cancellation)
            : throw new UserErrorException(
                "--plots: the pictures of a sweep are of its --csv_output; give that too."
            );
    }

    /// <summary>The page; null when it is not asked for.</summary>
    public ReportOptions? Report(ParseResult parse) => _report.Read(parse);

    /// <summary>The file for means over seeds, opened before the sweep begins; null when it is not asked for.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public OutputFile? OpenReplications(ParseResult parse) =>
        parse.GetValue(_replicationsOutput) is { } path
            ? new OutputFile($"--{ReplicationsName}", path)
            : null;

    private static IEnumerable<string> Given(ParseResult parse, Option option) =>
        parse.GetResult(option)?.Tokens.Select(token => token.Value) ?? [];

    /// <summary>Beside the results, unless they go to a device.</summary>
    private static string? DefaultJournal(OutputPaths paths) =>
        (paths.Csv ?? paths.Requests) is { } path
        && !Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal)
            ? Path.ChangeExtension(path, ".journal.sqlite")
            : null;
}
