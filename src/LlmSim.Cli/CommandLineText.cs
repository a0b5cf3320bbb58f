using System.CommandLine;

namespace LlmSim.Cli;

/// <summary>A command line as a shell reads it.</summary>
internal static class CommandLineText
{
    /// <summary>The command that was given.</summary>
    public static string Of(ParseResult parse) =>
        string.Join(' ', parse.Tokens.Select(token => Quoted(token.Value)).Prepend("llmsim"));

    /// <summary>A word, between quotation marks where a shell would read it otherwise.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
