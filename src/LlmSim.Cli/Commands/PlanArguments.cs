using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Planning;
using LlmSim.Experiments.Slos;
using LlmSim.Performance;

namespace LlmSim.Cli.Commands;

/// <summary>What a plan is asked: SLOs, candidates and what is best.</summary>
internal sealed class PlanArguments
{
    private const string MixedMode = "mixed";
    private const string DisaggregatedMode = "disaggregated";

    private static readonly PlanQuestion s_defaults = new()
    {
        Base = new RunConfiguration(),
        Slos = [],
        Shapes = [],
    };

    private static readonly string[] s_objectives =
    [
        .. Enum.GetNames<PlanObjective>().Select(name => name.ToLowerInvariant()),
    ];

    private static readonly string[] s_engines = [.. EngineDefaults.Kinds.Keys];

    private readonly Option<string> _slo = CliOption.Text(
        "slo",
        "what has to hold, such as \"ttft_p99<1s, tpot_p99<50ms\" (docs/planning.md)",
        valueName: "SLOS"
    );

    private readonly Option<string> _workload = CliOption.Choice(
        "workload",
        "lengths of requests in the place of the options of the workload",
        defaultValue: null,
        [.. PlanWorkloads.Names]
    );

    private readonly Option<string> _hardware = CliOption.Text(
        "hardware",
        "accelerators to choose from, several values [all whose times rest on measured kernels]",
        valueName: "NAME…",
        value: Accelerators.Value
    );

    private readonly Option<long?> _tpSizes = CliOption.Integer(
        "tp_sizes",
        "accelerators of an instance, several values [1 2 4 8]",
        defaultValue: null,
        min: 1,
        max: 1024
    );

    private readonly Option<string> _modes = CliOption.Choice(
        "modes",
        "whether instances do both or prefill and decode apart, several values [both]",
        defaultValue: null,
        [MixedMode, DisaggregatedMode]
    );

    private readonly Option<long?> _chunkSizes = CliOption.Integer(
        "chunk_sizes",
        "most tokens of an iteration of mixed instances, several values [the engine's]",
        defaultValue: null,
        min: 16,
        max: 1_048_576
    );

    private readonly Option<long?> _attentionDp = CliOption.Integer(
        "attention_dp",
        "ranks of data-parallel attention that share the experts of a model, several values [1; of models with experts and latent attention 1 2 4 8]",
        defaultValue: null,
        min: 1,
        max: 1024
    );

    private readonly Option<string> _decodeHardware = CliOption.Text(
        "decode_hardware",
        "accelerators that decode where others prefill, several values [those that prefill]",
        valueName: "NAME…"
    );

    private readonly Option<long?> _decodeTpSizes = CliOption.Integer(
        "decode_tp_sizes",
        "accelerators of an instance that decodes, several values [those of one that prefills]",
        defaultValue: null,
        min: 1,
        max: 1024
    );

    private readonly Option<string> _engine = CliOption.Choice(
        "engine",
        "whose rules instances batch by",
        EngineDefaults.Name(EngineKind.Vllm),
        s_engines
    );

    private readonly Option<string> _objective = CliOption.Choice(
        "objective",
        "what is best",
        PlanObjective.Cost.ToString().ToLowerInvariant(),
        s_objectives
    );

    private readonly Option<long?> _accelerators = CliOption.Integer(
        "gpus",
        "most accelerators of a candidate; of objective rate, goodput and latency what there is",
        s_defaults.MaxAccelerators,
        min: 1,
        max: 4096
    );

    private readonly Option<double?> _budget = CliOption.OptionalNumber(
        "budget",
        "most dollars an hour",
        new FigureRange(0, 1e9, "dollars an hour", IsAboveLeast: true)
    );

    private readonly CostArguments _costs = new();

    private readonly Option<long?> _rows = CliOption.Integer(
        "rows",
        "candidates to show",
        s_defaults.Rows,
        min: 1,
        max: 1000
    );

    private readonly Option<bool> _insideError = CliOption.Flag(
        "inside_error",
        "SLOs have to hold even where predictions of this class are too low by as much as nine in ten of them were"
    );

    private readonly Option<bool> _exhaustive = CliOption.Flag(
        "exhaustive",
        "simulate every size of every shape at full length, in the place of the search"
    );

    private readonly Option<bool> _wholeRuns = CliOption.Flag(
        "whole_runs",
        "simulate every run to its end; otherwise one ends when it is sure that it misses an SLO"
    );

    public OptionGroup QuestionGroup =>
        new("What to look for", [_slo, _insideError, _objective, _accelerators, _budget, _workload]);

    public OptionGroup CandidateGroup =>
        new(
            "Candidates (--precision and the policies may have several values too)",
            [
                _hardware,
                _tpSizes,
                _modes,
                _decodeHardware,
                _decodeTpSizes,
                _attentionDp,
                _chunkSizes,
                _engine,
                _rows,
                _exhaustive,
                _wholeRuns,
            ]
        );

    public OptionGroup CostGroup => _costs.Group;

    /// <summary>Options that take several values.</summary>
    public OptionGroup SeveralValues =>
        new("", [_hardware, _tpSizes, _modes, _chunkSizes, _decodeHardware, _decodeTpSizes, _attentionDp]);

    /// <summary>The workload that a name stands for; null where none is given.</summary>
    public string? Workload(ParseResult parse) => parse.GetValue(_workload);

    /// <summary>What has to hold.</summary>
    /// <exception cref="UserErrorException">It is missing or wrong.</exception>
    public IReadOnlyList<SloTerm> Slos(ParseResult parse) =>
        parse.GetValue(_slo) is { } text
            ? SloTerms.Parse(text, "--slo").Terms
            : throw new UserErrorException(
                "--slo: is missing; allowed: what has to hold, such as \"ttft_p99<1s, tpot_p99<50ms\""
            );

    /// <summary>The question.</summary>
    /// <exception cref="UserErrorException">An option is missing or wrong.</exception>
    /// <param name="parse">The command line.</param>
    /// <param name="configuration">What all candidates have in common.</param>
    /// <param name="setups">How they may serve.</param>
    public PlanQuestion Read(
        ParseResult parse,
        RunConfiguration configuration,
        IReadOnlyList<ServingSetup> setups
    )
    {
        var isExhaustive = parse.GetValue(_exhaustive);
        var model = ModelSource.Load(
            configuration.Model,
            configuration.Catalogs.Models,
            configuration.MaxModelLen
        );
        var slos = Slos(parse);
        var objective = Enum.Parse<PlanObjective>(parse.GetRequiredValue(_objective), ignoreCase: true);
        if (objective == PlanObjective.Goodput)
        {
            RequireDeadlines(parse, slos);
        }

        return new PlanQuestion
        {
            Base = configuration,
            Slos = slos,
            Shapes = PlanShapes.Of(
                Choice(parse) with
                {
                    Setups = setups,
                },
                model,
                configuration.Precision,
                configuration.Catalogs.Hardware
            ),
            Objective = objective,
            HasArrivals =
                Experiment.CreateWorkload(configuration).GivenRate is not null
                || configuration.TracePath is not null,
            MaxAccelerators = (int)parse.GetValue(_accelerators)!.Value,
            Costs = _costs.Read(parse),
            BudgetPerHour = parse.GetValue(_budget),
            FullRequests = configuration.RequestCount ?? s_defaults.FullRequests,
            Rows = (int)parse.GetValue(_rows)!.Value,
            IsInsideError = parse.GetValue(_insideError),
            IsExhaustive = isExhaustive,
            EndsRunsEarly = !isExhaustive && !parse.GetValue(_wholeRuns),
        };
    }

    private void RequireDeadlines(ParseResult parse, IReadOnlyList<SloTerm> slos)
    {
        if (!slos.Any(PlanQuestion.IsDeadline))
        {
            throw new UserErrorException(
                $"--objective goodput: found no limit of TTFT or TPOT in --slo '{string.Join(", ", slos)}'; allowed: one that each request can be held to, such as \"ttft_p99<1s\""
            );
        }

        if (parse.GetValue(_insideError))
        {
            throw new UserErrorException(
                "--inside_error: is not read with --objective goodput, which counts requests and judges no percentile; leave it out"
            );
        }
    }

    private ShapeChoice Choice(ParseResult parse)
    {
        var choice = new ShapeChoice { Engine = EngineDefaults.Kinds[parse.GetRequiredValue(_engine)] };
        var modes = Texts(parse, _modes);
        if (modes is [MixedMode] && (IsGiven(parse, _decodeHardware) || IsGiven(parse, _decodeTpSizes)))
        {
            throw new UserErrorException(
                "--decode_hardware and --decode_tp_sizes: are of disaggregated candidates; allowed with them: --modes disaggregated"
            );
        }

        return choice with
        {
            Hardware = Texts(parse, _hardware),
            TpSizes = Numbers(parse, _tpSizes) is { Count: > 0 } sizes ? sizes : choice.TpSizes,
            Mixed = modes.Count == 0 || modes.Contains(MixedMode),
            Disaggregated = modes.Count == 0 || modes.Contains(DisaggregatedMode),
            ChunkSizes = Numbers(parse, _chunkSizes),
            AttentionDp = Numbers(parse, _attentionDp),
            DecodeHardware = Texts(parse, _decodeHardware),
            DecodeTpSizes = Numbers(parse, _decodeTpSizes),
        };
    }

    private static bool IsGiven(ParseResult parse, Option option) => parse.GetResult(option) is not null;

    private static IReadOnlyList<string> Texts(ParseResult parse, Option option) =>
        [
            .. (parse.GetResult(option)?.Tokens ?? [])
                .Select(token => token.Value)
                .Distinct(StringComparer.Ordinal),
        ];

    private static IReadOnlyList<int> Numbers(ParseResult parse, Option option) =>
        [
            .. Texts(parse, option)
                .Select(text => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture))
                .Distinct(),
        ];
}
