using System.CommandLine;
using LlmSim.Cli.Help;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim help</c>: what a word is, wherever it is used.</summary>
internal sealed class HelpCommand : CliCommand
{
    private readonly RootCommand _root;

    private readonly Argument<string[]> _words = new("WORD")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description =
            "a command, an option, a field of a cluster file, a column, a figure, a policy, a model, an accelerator, a format of traces or exit_codes",
    };

    public HelpCommand(CliConsole console, RootCommand root)
        : base("help", "Say what a word is.", console)
    {
        _root = root;
        _words.CompletionSources.Add(_ => HelpTopics.All(root).Select(topic => topic.Name).Distinct());
        Add(_words);
        Examples =
        [
            "llmsim help run",
            "llmsim help prefill_local",
            "llmsim help kv_blocks",
            "llmsim help ttft_p99",
            "llmsim help exit_codes",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var words = parse.GetValue(_words) ?? [];
        var command = Find(words);
        var topics = words is [var word] ? HelpTopics.Of(_root, word) : [];
        if (command is null && topics.Count == 0)
        {
            throw Unknown(words);
        }

        if (command is not null)
        {
            HelpWriter.Write(command, Console.Out);
        }

        foreach (var (topic, index) in topics.Select((topic, index) => (topic, index)))
        {
            Console.Out.Write(index == 0 && command is null ? "" : "\n");
            topic.Write(Console.Out);
        }
    }

    /// <summary>The command of a path; the root of none; null where there is none such.</summary>
    private Command? Find(string[] words)
    {
        Command? command = _root;
        foreach (var word in words)
        {
            command = command?.Subcommands.FirstOrDefault(sub => sub.Name == word);
        }

        return command;
    }

    private UserErrorException Unknown(string[] words)
    {
        var word = string.Join(' ', words);
        var known = HelpTopics
            .All(_root)
            .Select(topic => topic.Name)
            .Concat(_root.Subcommands.Select(sub => sub.Name));
        return new UserErrorException(
            $"help: found '{word}'; allowed: a word of a command line, a file or a result.{Suggestion.For(word, known.Distinct())} See llmsim --help."
        );
    }
}
