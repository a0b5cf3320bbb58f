using System.CommandLine;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim completion</c>: a script with which a shell asks this program what may come next.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish", "pwsh"];

    private readonly Argument<string> _shell = new("SHELL")
    {
        Description = string.Join(", ", s_shells),
        CompletionSources = { s_shells },
    };

    public CompletionCommand(CliConsole console)
        : base(
            "completion",
            "Print a script that completes commands, options and their values in a shell.",
            console
        )
    {
        Add(_shell);
        Examples = [.. s_shells.Select(shell => $"llmsim completion {shell}")];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var shell = parse.GetRequiredValue(_shell);
        if (!s_shells.Contains(shell))
        {
            throw new UserErrorException(
                $"SHELL: found '{shell}'; allowed: {string.Join(", ", s_shells)}.{Suggestion.For(shell, s_shells)}"
            );
        }

        using var script = new StreamReader(
            typeof(CompletionCommand).Assembly.GetManifestResourceStream($"completion/llmsim.{shell}")!
        );
        Console.Out.Write(script.ReadToEnd());
    }
}
