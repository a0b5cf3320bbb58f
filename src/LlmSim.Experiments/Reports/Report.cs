using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Reports;

/// <summary>Where a report goes, and what it says of how it was made.</summary>
/// <param name="Path">The page, .html.</param>
/// <param name="Command">The command line that makes the same results.</param>
internal sealed record ReportOptions(string Path, string Command)
{
    public const string Option = "--report";

    /// <summary>Opens the page with the other files of a command.</summary>
    /// <exception cref="UserErrorException">The name is not that of a page, or cannot be written.</exception>
    public FileStream Open(OutputSet files)
    {
        RequirePage();
        return files.Add(Option, Path);
    }

    /// <summary>Opens the page where there are no other files.</summary>
    /// <exception cref="UserErrorException">The name is not that of a page, or cannot be written.</exception>
    public OutputFile Open()
    {
        RequirePage();
        return new OutputFile(Option, Path);
    }

    private void RequirePage()
    {
        var extension = System.IO.Path.GetExtension(Path);
        if (!extension.Equals(".html", StringComparison.OrdinalIgnoreCase))
        {
            throw new UserErrorException(
                $"{Option} {Path}: the extension '{extension}' says no format that can be written; allowed: .html."
            );
        }
    }
}

/// <summary>A page for people: what came out, in blocks from top to bottom.</summary>
/// <param name="Kind">What was done, in two or three words.</param>
/// <param name="Title">Of what.</param>
/// <param name="Subtitle">The cluster and workload in a line.</param>
/// <param name="Blocks">The page.</param>
internal sealed record Report(string Kind, string Title, string Subtitle, IReadOnlyList<ReportBlock> Blocks);

/// <summary>A part of a page.</summary>
internal abstract record ReportBlock;

/// <summary>How good or bad something is.</summary>
internal enum Tone
{
    /// <summary>A figure that is neither.</summary>
    Plain,

    /// <summary>What was asked for.</summary>
    Good,

    /// <summary>To be looked at.</summary>
    Warning,

    /// <summary>Not what was asked for.</summary>
    Bad,
}

/// <summary>The answer, before anything else.</summary>
/// <param name="Sentence">It, as a sentence.</param>
/// <param name="Tone">Whether it is what was asked for.</param>
internal sealed record VerdictBlock(string Sentence, Tone Tone = Tone.Plain) : ReportBlock
{
    /// <summary>The figures behind it.</summary>
    public IReadOnlyList<Headline> Headlines { get; init; } = [];

    /// <summary>What a reader has to know before believing it.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>A figure in large type.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Its unit; empty for none.</param>
/// <param name="Note">What it is to be compared with; empty for nothing.</param>
/// <param name="Tone">Whether it is what was asked for.</param>
internal sealed record Headline(
    string Label,
    string Value,
    string Unit = "",
    string Note = "",
    Tone Tone = Tone.Plain
);

/// <summary>Begins a section, which the page's navigation names.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Text">A sentence or two below it; empty for none.</param>
internal sealed record SectionBlock(string Title, string Text = "") : ReportBlock;

/// <summary>Names and values, such as a configuration.</summary>
/// <param name="Title">What they are of.</param>
/// <param name="Facts">In their order; names with a point in them are shown under what stands before it.</param>
internal sealed record FactsBlock(string Title, IReadOnlyList<(string Name, string Value)> Facts)
    : ReportBlock;

/// <summary>Text to copy, such as a command.</summary>
/// <param name="Title">What it is for.</param>
/// <param name="Text">It.</param>
internal sealed record CommandBlock(string Title, string Text) : ReportBlock;

/// <summary>A table whose rows a reader sorts and filters.</summary>
/// <param name="Title">What it is of.</param>
/// <param name="Columns">Its columns.</param>
/// <param name="Rows">A cell for each column in each.</param>
internal sealed record TableBlock(
    string Title,
    IReadOnlyList<TableColumn> Columns,
    IReadOnlyList<IReadOnlyList<TableCell>> Rows
) : ReportBlock
{
    /// <summary>By which charts refer to its rows; empty for none.</summary>
    public string Id { get; init; } = "";

    /// <summary>What a reader has to know; empty for nothing.</summary>
    public string Note { get; init; } = "";
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="Unit">Unit of its numbers; empty for none.</param>
/// <param name="IsNumber">Whether its cells are numbers, which stand at the right and sort by value.</param>
internal readonly record struct TableColumn(string Name, string Unit = "", bool IsNumber = false)
{
    /// <summary>A column of numbers.</summary>
    public static TableColumn Number(string name, string unit = "") => new(name, unit, IsNumber: true);
}

/// <summary>A cell.</summary>
/// <param name="Text">What is shown.</param>
/// <param name="Value">What a number sorts by; NaN sorts last.</param>
/// <param name="Tone">Whether it is what was asked for.</param>
internal readonly record struct TableCell(string Text, double Value = double.NaN, Tone Tone = Tone.Plain)
{
    public static implicit operator TableCell(string text) => new(text);

    /// <summary>A number as people read it.</summary>
    public static TableCell Of(double value, Tone tone = Tone.Plain) =>
        new(Figures.Number(value), value, tone);

    /// <summary>A number with its sign.</summary>
    public static TableCell Signed(double value) => new(Figures.Signed(value), value);

    /// <summary>A count.</summary>
    public static TableCell Count(long value) => new(Figures.Count(value), value);
}
