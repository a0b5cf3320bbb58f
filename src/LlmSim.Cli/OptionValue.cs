using System.CommandLine;

namespace LlmSim.Cli;

/// <summary>What an option takes, for JSON Schemas, completion in shells and the reference.</summary>
internal abstract record OptionValue
{
    /// <summary>Values to offer: all that there are, or some of many.</summary>
    public virtual IEnumerable<string> Known => [];

    /// <summary>What an option takes.</summary>
    public static OptionValue Of(Option option) => ((ICliOption)option).Value;

    /// <summary>A number.</summary>
    public sealed record Number(FigureRange Range) : OptionValue;

    /// <summary>A whole number.</summary>
    public sealed record Whole(long Min, long Max) : OptionValue;

    /// <summary>A whole number of tokens, as 32768 or 32K.</summary>
    public sealed record Tokens : OptionValue;

    /// <summary>Yes or no.</summary>
    public sealed record Flag : OptionValue;

    /// <summary>One of some words.</summary>
    public sealed record Words(IReadOnlyList<string> Allowed) : OptionValue
    {
        public override IEnumerable<string> Known => Allowed;
    }

    /// <summary>Text that is checked where it is used; some that are often meant.</summary>
    public sealed record Text(Func<IEnumerable<string>> Usual) : OptionValue
    {
        public override IEnumerable<string> Known => Usual();
    }

    /// <summary>A file or a folder.</summary>
    public sealed record Path : OptionValue;
}

/// <summary>An option that says what it takes.</summary>
internal interface ICliOption
{
    OptionValue Value { get; }
}

/// <summary>An option of a type that says what it takes, and offers it to shells.</summary>
internal sealed class CliOption<T> : Option<T>, ICliOption
{
    public CliOption(string name, OptionValue value)
        : base($"--{name}")
    {
        Value = value;
        CompletionSources.Clear();
        CompletionSources.Add(_ => value.Known);
    }

    public OptionValue Value { get; }
}
