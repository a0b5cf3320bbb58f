using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Performance;
using LlmSim.Performance.Calibrating;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim calibrate</c>: what an accelerator reaches of its roofs, from measurements.</summary>
internal sealed class CalibrateCommand : CliCommand
{
    private readonly Argument<string[]> _folders = new("PROFILE_DIR")
    {
        Description = "folders of profiles of one accelerator, each with a meta.yaml",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _hardware = CliOption.Text(
        "hardware",
        "the accelerator (see llmsim hardware) [the one that the profile names]",
        valueName: "NAME"
    );

    private readonly Option<string> _model = CliOption.Text(
        "model",
        "the model (see llmsim models), or its config.json [the one that each profile names]",
        valueName: "MODEL"
    );

    private readonly EngineCalibrationArguments _engine = new();
    private readonly PluginArguments _plugins = new();

    private readonly Option<string> _output = CliOption.File(
        "output",
        "where to write the block \"calibration\" of a hardware file, or the profile of an engine, JSON; - for standard output, in the place of the tables"
    );

    public CalibrateCommand(CliConsole console)
        : base(
            "calibrate",
            "Fit what an accelerator reaches of its roofs to measured profiles, or what an engine takes beside its kernels to measured configurations, "
                + "and report the error on what was held out.",
            console
        )
    {
        Add(_folders);
        AddGroups([
            new("Subject", [_hardware, _model]),
            _engine.Group,
            new("Output", [_output]),
            _plugins.ModelAndHardwareGroup,
        ]);
        Examples =
        [
            "llmsim calibrate profiles/RTXPRO6000/meta-llama/Llama-3.1-8B/bf16",
            "llmsim calibrate profiles/a profiles/b --output calibration.json",
            "llmsim calibrate --rows rows.csv --filter engine=vllm --output vllm.json",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        if (_engine.IsGiven(parse))
        {
            var catalogs = Catalogs.BuiltIn with
            {
                Models = _plugins.LoadModels(parse),
                Hardware = _plugins.LoadHardware(parse),
            };
            _engine.Execute(parse, catalogs, parse.GetValue(_output), Console);
            return;
        }

        if (parse.GetRequiredValue(_folders).Length == 0)
        {
            throw new UserErrorException(
                "give folders of profiles, or --rows FILE of measured configurations"
            );
        }

        var output = parse.GetValue(_output);
        using var file = output is null or "-" ? null : new OutputFile("--output", output);
        var (hardware, result) = CalibrationRun.Fit(
            parse.GetRequiredValue(_folders),
            parse.GetValue(_hardware),
            parse.GetValue(_model),
            _plugins.LoadModels(parse),
            _plugins.LoadHardware(parse)
        );
        var json = CalibrationJson.Text(result.Calibration);
        if (output == "-")
        {
            Console.Out.Write(json);
            return;
        }

        Console.Out.WriteLine(
            $"{TerminalText.Escape(hardware.Name)}: {TerminalText.Escape(result.Calibration.Source, limit: 1_000)}"
        );
        Console.Out.WriteLine();
        TextTable.Write(Table(result), Console);
        Console.Out.WriteLine();
        Console.Out.WriteLine(
            $"Beside the operations: {Figures.Duration(result.Calibration.IterationSeconds)} an iteration, "
                + $"{Figures.Duration(result.Calibration.RequestSeconds)} a request in it"
        );
        file?.Write(json);
    }

    private static Spectre.Console.Table Table(CalibrationResult result)
    {
        var table = TextTable.Create(
            "Operations",
            ">of peak",
            ">of bandwidth",
            ">fixed",
            ">a key",
            ">fitted",
            ">held out",
            ">median error",
            ">p90",
            ">bare median"
        );
        foreach (var error in result.Errors)
        {
            var efficiency = CalibrationClass
                .All.Single(one => one.Name == error.Name)
                .Get(result.Calibration);
            table.Add(
                error.Name,
                Figures.Percent(efficiency.Compute),
                Figures.Percent(efficiency.Memory),
                Figures.Duration(efficiency.FixedSeconds),
                Figures.Duration(efficiency.KeySeconds),
                Figures.Count(error.Fitted),
                Figures.Count(error.HeldOut),
                Figures.Percent(error.MedianError),
                Figures.Percent(error.P90Error),
                Figures.Percent(error.BareMedianError)
            );
        }

        return table;
    }
}
