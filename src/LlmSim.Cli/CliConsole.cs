namespace LlmSim.Cli;

/// <summary>Where a command writes: results to Out, everything else to Error.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="OutIsTerminal">Whether results may have colours.</param>
/// <param name="ErrorIsTerminal">Whether a progress line may be drawn.</param>
/// <param name="Cancellation">Ctrl-C.</param>
/// <param name="BeforeOwnCode">Told of a user's code before any of it is run; null for nobody.</param>
internal sealed record CliConsole(
    TextWriter Out,
    TextWriter Error,
    bool OutIsTerminal = false,
    bool ErrorIsTerminal = false,
    CancellationToken Cancellation = default,
    Action<OwnCode>? BeforeOwnCode = null
)
{
    /// <summary>Says what a user should know and that stops nothing.</summary>
    public void Warn(IEnumerable<string> messages)
    {
        foreach (var message in messages)
        {
            Error.WriteLine($"llmsim: warning: {message}");
        }
    }
}
