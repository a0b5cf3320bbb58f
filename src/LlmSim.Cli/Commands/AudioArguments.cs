using System.CommandLine;
using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary>Recordings of requests.</summary>
internal sealed class AudioArguments
{
    private readonly Option<string> _audioPerRequest = CliOption.Text(
        "audio_per_request",
        "recordings behind the text of a prompt, of a model with an encoder of sound: a number, or the fewest and the most as in 0-2; their tokens come on top of the lengths "
            + "(docs/multimodal.md) [none; 1 with --audio_seconds]",
        valueName: "COUNT",
        value: new OptionValue.Text(() => ["1", "2", "0-2"])
    );

    private readonly Option<string> _audioSeconds = CliOption.Text(
        "audio_seconds",
        "their lengths in seconds, as in 30, or several of equal probability as in 5|30 [30]",
        valueName: "LENGTHS",
        value: new OptionValue.Text(() => ["30", "5|30"])
    );

    public IReadOnlyList<Option> Options => [_audioPerRequest, _audioSeconds];

    /// <summary>The configuration with the recordings that were asked for.</summary>
    public RunConfiguration Read(ParseResult parse, RunConfiguration configuration) =>
        configuration with
        {
            AudioPerRequest = parse.GetValue(_audioPerRequest),
            AudioSeconds = parse.GetValue(_audioSeconds),
        };
}
