using LlmSim.Cli.Output;
using LlmSim.Experiments;

namespace LlmSim.Cli;

/// <summary>Where a command writes: results to Out, everything else to Error. Neither lets control characters through.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="OutIsTerminal">Whether results may have colours.</param>
/// <param name="ErrorIsTerminal">Whether a progress line may be drawn.</param>
/// <param name="Cancellation">Ctrl-C.</param>
internal sealed record CliConsole(
    TextWriter Out,
    TextWriter Error,
    bool OutIsTerminal = false,
    bool ErrorIsTerminal = false,
    CancellationToken Cancellation = default
)
{
    /// <summary>Told of work that this process has begun, where another process watches it; null where none does.</summary>
    public Action<string>? OnBegun { get; init; }

    /// <summary>Told of a user's code before any of it is run; null for nobody.</summary>
    public Action<OwnCode>? BeforeOwnCode { get; init; }

    public TextWriter Out { get; } = new TerminalWriter(Out, isResult: true, isStyled: false);

    public TextWriter Error { get; } = new TerminalWriter(Error, isResult: false, isStyled: false);

    /// <summary>Standard output for text with colours, whose values are escaped already.</summary>
    public TextWriter StyledOut { get; } = new TerminalWriter(Out, isResult: true, isStyled: true);

    /// <summary>Standard error for a line that is erased and drawn again.</summary>
    public TextWriter StyledError { get; } = new TerminalWriter(Error, isResult: false, isStyled: true);

    /// <summary>Says something on standard error.</summary>
    public void Tell(string message) => Error.WriteLine($"llmsim: {TerminalText.Message(message)}");

    /// <summary>Says what a user should know and that stops nothing.</summary>
    public void Warn(IEnumerable<string> messages)
    {
        foreach (var message in messages)
        {
            Tell($"warning: {message}");
        }
    }

    /// <summary>Says what a user may want to know, each once.</summary>
    public void Note(IEnumerable<string> messages)
    {
        foreach (var message in messages.Distinct())
        {
            Tell($"note: {message}");
        }
    }
}
