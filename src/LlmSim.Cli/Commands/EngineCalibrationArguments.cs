using System.CommandLine;
using System.Globalization;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Validation.Serving;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Cli.Commands;

/// <summary>Measured configurations of an engine, and what to make of them.</summary>
internal sealed class EngineCalibrationArguments
{
    private readonly Option<string> _rows = CliOption.File(
        "rows",
        "measured configurations of one engine under a closed loop, CSV, in the place of PROFILE_DIR; see docs/validation.md"
    );

    private readonly Option<string> _filter = CliOption.Text(
        "filter",
        "only those with these labels, such as engine=vllm,engine_version=0.12.0",
        valueName: "LABEL=VALUE,…"
    );

    private readonly Option<long?> _limit = CliOption.Limit();

    private readonly Option<string> _performance = CliOption.Text(
        "performance",
        $"times of the kernels [{PerformanceSource.Kernels}]",
        valueName: "SOURCE"
    );

    private readonly Option<string> _name = CliOption.Text(
        "name",
        "name of the profile [that of the engine]",
        valueName: "NAME"
    );

    private readonly Option<string> _beforeVersion = CliOption.Text(
        "before_version",
        "the first version that the profile is not of, such as 0.14 [none: it is of the latest]",
        valueName: "VERSION"
    );

    private readonly Option<string> _fittedOutput = CliOption.File(
        "fitted_output",
        "ids of the configurations that the fit has seen, one a line, for validate --fitted"
    );

    private readonly Option<long?> _jobs = CliOption.Jobs();

    public OptionGroup Group =>
        new("Engine", [_rows, _filter, _limit, _performance, _name, _beforeVersion, _fittedOutput, _jobs]);

    public bool IsGiven(ParseResult parse) => parse.GetValue(_rows) is not null;

    /// <summary>Fits and writes.</summary>
    public void Execute(ParseResult parse, Catalogs catalogs, string? output, CliConsole console)
    {
        using var file = output is null or "-" ? null : new OutputFile("--output", output);
        using var fitted = parse.GetValue(_fittedOutput) is { } fittedPath
            ? new OutputFile("--fitted_output", fittedPath)
            : null;
        var path = parse.GetValue(_rows)!;
        var read = RowReader.Read(path, catalogs.Models);
        var cases = CaseFilter.Limit(
            [.. CaseFilter.Apply(read, parse.GetValue(_filter)).Where(one => one.Doubt is null)],
            (int?)parse.GetValue(_limit)
        );
        var engine = EngineOf(cases);
        using var progress = new ProgressLine(console, isQuiet: false);
        var result = OverheadCalibration.Fit(
            cases,
            new CaseContext(parse.GetValue(_performance) ?? PerformanceSource.Kernels, catalogs),
            CliOption.JobsOf(parse, _jobs),
            done => progress.ReportCases(new(done, OverheadCalibration.Simulations(cases), DoneBefore: 0)),
            console.Cancellation
        );
        var profile = new EngineProfile
        {
            Name = parse.GetValue(_name) ?? EngineDefaults.Name(engine),
            Kind = engine,
            BeforeVersion = parse.GetValue(_beforeVersion) ?? "",
            Overheads = result.Overheads,
            Source = SourceOf(path, parse.GetValue(_filter), result),
        };
        var json = EngineProfileJson.Text(profile);
        if (output == "-")
        {
            console.Out.Write(json);
        }
        else
        {
            console.Out.WriteLine(
                $"{TerminalText.Escape(profile.Name)}: {TerminalText.Escape(profile.Source, limit: 1_000)}"
            );
            console.Out.WriteLine();
            TextTable.Write(Table(result), console);
            console.Out.WriteLine();
            foreach (var time in EngineProfileJson.Times)
            {
                console.Out.WriteLine($"{time.Field, -22}{Figures.Duration(time.Get(result.Overheads))}");
            }

            file?.Write(json);
        }

        fitted?.Write(string.Join('\n', result.FittedIds) + "\n");
    }

    /// <summary>The one engine of all rows: overheads of two are not those of either.</summary>
    private static EngineKind EngineOf(IReadOnlyList<MeasuredCase> cases)
    {
        string[] engines = [.. cases.Select(one => one.Labels.GetValueOrDefault("engine", "")).Distinct()];
        return engines is [var only]
            ? RowNames.Engine(only)
            : throw new UserErrorException(
                $"--rows: found {(engines.Length == 0 ? "no engine" : string.Join(", ", engines))}; allowed: configurations of one engine; choose with --filter engine=NAME"
            );
    }

    private static string SourceOf(string path, string? filter, OverheadResult result)
    {
        var tpot = result.HeldOut[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"fitted by llmsim calibrate to {result.Fitted[0].After.Count} configurations of {Path.GetFileName(path)}{(filter is null ? "" : $" ({filter})")}; "
                + $"TPOT of {tpot.After.Count} of other deployments off by {tpot.After.Median:0.0} % (median), {tpot.After.P90:0.0} % (nine in ten)"
        );
    }

    private static Spectre.Console.Table Table(OverheadResult result)
    {
        var table = TextTable.Create(
            "Figure",
            "",
            ">n",
            ">kernels alone |e|",
            ">p90",
            ">signed",
            ">with overheads |e|",
            ">p90",
            ">signed"
        );
        Add("fitted", result.Fitted);
        Add("held out", result.HeldOut);
        return table;

        void Add(string half, IReadOnlyList<OverheadErrors> errors)
        {
            foreach (var (metric, before, after) in errors)
            {
                table.Add(
                    metric,
                    half,
                    Figures.Count(after.Count),
                    Percent(before.Median),
                    Percent(before.P90),
                    Percent(before.SignedMedian),
                    Percent(after.Median),
                    Percent(after.P90),
                    Percent(after.SignedMedian)
                );
            }
        }

        static string Percent(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
    }
}
