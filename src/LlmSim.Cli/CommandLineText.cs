using System.CommandLine;
using System.CommandLine.Parsing;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli;

/// <summary>A command line as a shell reads it.</summary>
internal static class CommandLineText
{
    /// <summary>The command that was given.</summary>
    public static string Of(ParseResult parse) => Of(parse.Tokens.Select(token => token.Value));

    /// <summary>A command of these words.</summary>
    public static string Of(IEnumerable<string> words) =>
        string.Join(' ', words.Select(Quoted).Prepend("llmsim"));

    /// <summary>The command that runs one point of a sweep.</summary>
    public static string OfRun(IEnumerable<Setting> settings) =>
        string.Join(
            ' ',
            settings.Select(setting => $"--{setting.Option} {Quoted(setting.Value)}").Prepend("llmsim run")
        );

    /// <summary>The words of the command that was given, without some of its options and their values.</summary>
    public static IReadOnlyList<string> Without(ParseResult parse, params Option[] options)
    {
        var left = new HashSet<Token>(ReferenceEqualityComparer.Instance);
        foreach (var result in options.Select(parse.GetResult).OfType<OptionResult>())
        {
            left.UnionWith(result.Tokens);
            if (result.IdentifierToken is { } name)
            {
                left.Add(name);
            }
        }

        return [.. parse.Tokens.Where(token => !left.Contains(token)).Select(token => token.Value)];
    }

    /// <summary>A word, between quotation marks where a shell would read it otherwise.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
