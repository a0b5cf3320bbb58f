using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Performance;
using LlmSim.Performance.Roofline;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim profile</c>: the roofline of a prefill or a decode iteration, operation by operation.</summary>
internal sealed class ProfileCommand : CliCommand
{
    private readonly ModelArguments _model = new();
    private readonly SemanticsArguments _semantics = new();
    private readonly PluginArguments _plugins = new();

    private readonly Option<string> _hardware = CliOption.Text(
        "hardware",
        "the accelerator (see llmsim hardware)",
        "NVIDIA_H100_SXM",
        "NAME",
        Accelerators.Value
    );

    private readonly Option<long?> _tp = CliOption.Integer("tp", "accelerators that work as one", 4, 1, 1024);
    private readonly Option<long?> _batch = CliOption.Integer("batch", "requests", 1, 1, 1_000_000);

    private readonly Option<long?> _seqlen = CliOption.Integer(
        "seqlen",
        "tokens of each prompt, or of each context in decode",
        2048,
        1,
        10_000_000
    );

    private readonly Option<string> _stage = CliOption.Choice(
        "stage",
        "the stage",
        "prefill",
        ["prefill", "decode"]
    );

    private readonly Option<string> _flashAttention = CliOption.Choice(
        "flash_attention",
        "whether attention is one kernel that keeps the scores on chip",
        "true",
        ["true", "false"]
    );

    private readonly Option<string> _performance = CliOption.Choice(
        "performance",
        "the roofline itself (a bound), or as far as the accelerator was found to reach it",
        PerformanceSource.Roofline,
        [PerformanceSource.Roofline, PerformanceSource.Calibrated]
    );

    private readonly Option<string> _format = CliOption.Choice(
        "format",
        "how to write it",
        "text",
        ["text", "csv", "json"]
    );

    private readonly Option<string> _output = CliOption.File("output", "where to write it [standard output]");

    public ProfileCommand(CliConsole console)
        : base("profile", "Show what each operation of an iteration costs under the roofline model.", console)
    {
        AddGroups([
            new("Iteration", [_hardware, _tp, _stage, _batch, _seqlen, _flashAttention, _performance]),
            _model.Group,
            new("Output", [_format, _output]),
            _plugins.ModelAndHardwareGroup,
            .. _semantics.Groups,
        ]);
        Examples =
        [
            "llmsim profile --stage prefill --seqlen 8192",
            "llmsim profile --model Qwen/Qwen3-8B --tp 1 --stage decode --batch 32",
            "llmsim profile --semantics reference --format csv --output roofline.csv",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        Console.Warn(_semantics.UnreadByRoofline(parse));
        using var file = parse.GetValue(_output) is { } path ? new OutputFile("--output", path) : null;
        var model = ModelSource.Load(
            _model.Model(parse),
            _plugins.LoadModels(parse),
            _model.MaxModelLen(parse)
        );
        var precision = _model.Precision(parse).Resolve(model);
        var hardware = _plugins.LoadHardware(parse).Get(parse.GetRequiredValue(_hardware));
        var table = Compute(parse, model, precision, hardware);
        var words = precision.Describe(model, _semantics.Read(parse), [hardware]);
        var isStyled = file is null && Console.OutIsTerminal;
        var text = parse.GetRequiredValue(_format) switch
        {
            "csv" => RooflineWriter.Csv(table),
            "json" => RooflineWriter.Json(table, Tier(parse).Name(), words, model.Notices),
            _ => RooflineReport.Text(table, Tier(parse).Words(), words, model.Notices, isStyled),
        };
        if (file is null)
        {
            Console.StyledOut.Write(text);
        }
        else
        {
            file.Write(text);
        }
    }

    private PredictionTier Tier(ParseResult parse) =>
        parse.GetRequiredValue(_performance) == PerformanceSource.Calibrated
            ? PredictionTier.Calibrated
            : PredictionTier.Roofline;

    private RooflineTable Compute(
        ParseResult parse,
        ModelDescription model,
        Precision precision,
        HardwareDescription hardware
    )
    {
        var instance = new InstanceSpec { Hardware = hardware, TpSize = (int)parse.GetValue(_tp)! };
        var roofline = new RooflineModel(
            model,
            precision,
            instance,
            _semantics.Read(parse),
            fusedAttention: parse.GetRequiredValue(_flashAttention) == "true",
            calibration: Tier(parse) == PredictionTier.Calibrated
                ? PerformanceSource.CalibrationOf(instance.Hardware)
                : null
        );
        var requests = (int)parse.GetValue(_batch)!;
        var tokens = (int)parse.GetValue(_seqlen)!;
        return parse.GetRequiredValue(_stage) == "prefill"
            ? roofline.PrefillTable(requests, tokens)
            : roofline.DecodeTable(new DecodeBatch(requests, (long)requests * tokens, tokens));
    }
}
