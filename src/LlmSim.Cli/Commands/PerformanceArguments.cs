using System.CommandLine;
using LlmSim.Experiments.Performance;

namespace LlmSim.Cli.Commands;

/// <summary>Where the times of iterations come from.</summary>
internal sealed class PerformanceArguments
{
    private readonly Option<string> _performance = CliOption.Text(
        "performance",
        "times of iterations: auto (the best that there is for each accelerator), kernels (measured operations of the accelerator; see "
            + "llmsim kernels list), kernels:PATH with others, calibrated (the roofline as far as the accelerator reaches it), roofline "
            + "(a bound), measured:FOLDER with a profile, or mine:FILE (.cs, .dll) and mine:NAME with a model of your own (see llmsim new performance) "
            + "[auto; roofline under semantics that only it reads, as the reference's]",
        valueName: "SOURCE",
        value: new OptionValue.Text(() =>
            [
                PerformanceSource.Auto,
                PerformanceSource.Kernels,
                PerformanceSource.Calibrated,
                PerformanceSource.Roofline,
            ]
        )
    );

    public OptionGroup Group => new("Performance", [_performance]);

    /// <summary>The source; null where none is given, and the semantics decide.</summary>
    public string? Read(ParseResult parse) => parse.GetValue(_performance);
}
