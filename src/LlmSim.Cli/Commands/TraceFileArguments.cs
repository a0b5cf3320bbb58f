using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Cli.Commands;

/// <summary>A trace as the argument of a command, and how it is read.</summary>
internal sealed class TraceFileArguments(string name)
{
    private readonly TraceArguments _options = new();

    private readonly Option<string> _format = CliOption.Text(
        "request_source",
        $"its format: {string.Join(", ", TraceFormat.All.Select(format => format.Name))} [as found]",
        valueName: "NAME"
    );

    private readonly Option<long?> _seed = CliOption.Integer(
        "seed",
        "seed of the jitter",
        new RunConfiguration().Seed
    );

    public Argument<string> File { get; } =
        new(name)
        {
            Description = "a trace of any format, also compressed (.gz, .zst); see docs/workloads.md",
        };

    public OptionGroup Group => new("Options", [_format, .. _options.Options, _seed]);

    /// <summary>Opens the trace, with its hash ids.</summary>
    /// <exception cref="UserErrorException">It is not one.</exception>
    public Trace Open(ParseResult parse, Stream stream) =>
        Trace.Open(
            stream,
            parse.GetRequiredValue(File),
            _options.Read(parse) with
            {
                Format = parse.GetValue(_format) is { } format ? TraceSource(format) : null,
                Limits = InputLimits.Current,
            },
            readHashIds: true,
            parse.GetValue(_seed)!.Value
        );

    private static string? TraceSource(string text)
    {
        var (source, format) = RequestSources.Parse(text);
        return source == RequestSource.Trace
            ? format
            : throw new UserErrorException(
                $"request_source: {text} is no trace; allowed here: {string.Join(", ", TraceFormat.All.Select(known => known.Name))}"
            );
    }
}
