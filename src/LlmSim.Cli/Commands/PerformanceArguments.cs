using System.CommandLine;
using LlmSim.Experiments.Performance;

namespace LlmSim.Cli.Commands;

/// <summary>Where the times of iterations come from.</summary>
internal sealed class PerformanceArguments
{
    private readonly Option<string> _performance = CliOption.Text(
        "performance",
        "times of iterations: roofline (a bound), kernels (measured operations of the accelerator; see llmsim kernels list), kernels:PATH "
            + "with others, calibrated (the roofline as far as the accelerator reaches it), measured:FOLDER with a profile, or mine:FILE (.cs, .dll) "
            + "and mine:NAME with a model of your own (see llmsim new performance)",
        PerformanceSource.Roofline,
        "SOURCE"
    );

    public OptionGroup Group => new("Performance", [_performance]);

    public string Read(ParseResult parse) => parse.GetRequiredValue(_performance);
}
