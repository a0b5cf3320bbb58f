using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Validation.Bench;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Cli.Commands;

/// <summary>Results of load tests, and the deployment that they were made on.</summary>
internal sealed class BenchArguments
{
    private readonly Option<string> _files = CliOption.File(
        "bench",
        "results of load tests, several for a sweep: the JSON of vllm bench serve --save-result (better with --save-detailed), AIPerf's "
            + "profile_export_aiperf.json or profile_export.jsonl, profile_export_genai_perf.json"
    );

    private readonly Option<string> _deployment = CliOption.File(
        "deployment",
        "the cluster that was tested, as run reads it with --cluster"
    );

    private readonly Option<double> _rangeRatio = CliOption.Number(
        "range_ratio",
        "lengths in results that only have their totals or means: uniform from this share of the longest up to it; 1 for equal ones",
        new RunConfiguration().RangeRatio,
        FigureRanges.PositiveShare
    );

    private readonly ModelArguments _model = new(
        defaultModel: null,
        "name of the model that was served (see llmsim models), or the path of its config.json [the one that the results name]"
    );

    /// <summary>The option that takes several files.</summary>
    public OptionGroup FilesGroup => new("", [_files]);

    public Option Files => _files;

    public OptionGroup DeploymentGroup =>
        new("Deployment, with --bench", [_deployment, _rangeRatio, .. _model.Group.Options]);

    /// <summary>The results as cases, and what they are called together.</summary>
    /// <param name="parse">The options.</param>
    /// <param name="performance">Where the times of iterations come from.</param>
    /// <param name="catalogs">Models and accelerators by name.</param>
    /// <exception cref="UserErrorException">A file or an option is wrong.</exception>
    public (string Source, IReadOnlyList<MeasuredCase> Cases) Cases(
        ParseResult parse,
        string performance,
        Catalogs catalogs
    )
    {
        var deployment =
            parse.GetValue(_deployment)
            ?? throw new UserErrorException(
                "--bench: needs --deployment FILE: the cluster that was tested, as run reads it with --cluster, such as "
                    + "[{\"role\": \"mixed\", \"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 1, \"engine\": {}}]"
            );
        string[] paths = [.. parse.GetResult(_files)!.Tokens.Select(token => token.Value)];
        var cases = BenchCases.Of(
            BenchReader.Read(paths, parse.GetValue(_rangeRatio)),
            new RunConfiguration
            {
                Catalogs = catalogs,
                Performance = performance,
                Cluster = deployment,
                Precision = _model.Precision(parse),
                MaxModelLen = _model.MaxModelLen(parse),
            },
            _model.GivenModel(parse)
        );
        var files = paths is [var path] ? path : $"{Figures.Count(cases.Count)} load tests";
        return ($"{files}, {cases[0].Configuration.Model} on {deployment}", cases);
    }
}
