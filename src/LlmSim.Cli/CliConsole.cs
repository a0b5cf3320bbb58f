namespace LlmSim.Cli;

/// <summary>Where a command writes: results to Out, everything else to Error.</summary>
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
    /// <summary>Says what a user should know and that stops nothing.</summary>
    public void Warn(IEnumerable<string> messages)
    {
        foreach (var message in messages)
        {
            Error.WriteLine($"llmsim: warning: {message}");
        }
    }
}
