using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Workloads;

namespace LlmSim.Cli.Commands;

/// <content>What requests have beside lengths: adapters, grammars and thoughts.</content>
internal sealed partial class WorkloadArguments
{
    private readonly Option<long?> _adapters = CliOption.Integer(
        "adapters",
        "LoRA adapters of which each request of a synthetic source asks for one; engines have them with lora (docs/lora.md)",
        defaultValue: null,
        min: 1,
        max: 1_000_000
    );

    private readonly Option<string> _adapterPopularity = CliOption.Text(
        "adapter_popularity",
        $"how often each of them is asked for: uniform, or zipf:1.5, the k-th in proportion to k^-1.5 [{AdapterChoice.Uniform}]",
        valueName: "LAW",
        value: new OptionValue.Text(() => [AdapterChoice.Uniform, "zipf:1.5"])
    );

    private readonly Option<double?> _structuredShare = CliOption.OptionalNumber(
        "structured_share",
        "share of the requests of a synthetic source whose output has a grammar; engines have its cost with structured_output (docs/structured-output.md)",
        FigureRanges.PositiveShare
    );

    private readonly Option<long?> _structuredSchemas = CliOption.Integer(
        "structured_schemas",
        "grammars that they have between them [1]",
        defaultValue: null,
        min: 1,
        max: 1_000_000
    );

    private readonly Option<double?> _thinkingMean = CliOption.OptionalNumber(
        "thinking_mean",
        "mean tokens of thought before each answer of a synthetic source, lognormal (docs/reasoning.md)",
        FigureRanges.MeanTokens
    );

    private readonly Option<double?> _thinkingSigma = CliOption.OptionalNumber(
        "thinking_sigma",
        "deviation of their logarithm [1]",
        LognormalLengths.DeviationRange
    );

    private readonly Option<long?> _thinkingBudget = CliOption.Integer(
        "thinking_budget",
        "most tokens of thought",
        defaultValue: null,
        min: 1,
        max: WorkloadParameter.MaxTokensLimit
    );

    private readonly ImageArguments _images = new();
    private readonly VideoArguments _videos = new();
    private readonly AudioArguments _audio = new();

    private IEnumerable<Option> Traits =>
        [
            .. _images.Options,
            .. _videos.Options,
            .. _audio.Options,
            _adapters,
            _adapterPopularity,
            _structuredShare,
            _structuredSchemas,
            _thinkingMean,
            _thinkingSigma,
            _thinkingBudget,
        ];

    private RunConfiguration WithTraits(ParseResult parse, RunConfiguration configuration) =>
        _audio.Read(parse, _videos.Read(parse, _images.Read(parse, configuration))) with
        {
            Adapters = (int?)parse.GetValue(_adapters),
            AdapterPopularity = parse.GetValue(_adapterPopularity),
            StructuredShare = parse.GetValue(_structuredShare),
            StructuredSchemas = (int?)parse.GetValue(_structuredSchemas),
            ThinkingMean = parse.GetValue(_thinkingMean),
            ThinkingSigma = parse.GetValue(_thinkingSigma),
            ThinkingBudget = (int?)parse.GetValue(_thinkingBudget),
        };
}
