using LlmSim.Experiments;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace LlmSim.Cli.Output;

/// <summary>Tables in the one style of the command: no frame, headers in bold on a terminal, plain text elsewhere.</summary>
internal static class TextTable
{
    /// <summary>Wider than any table: rows of numbers are never broken. A wide terminal, or a pager, shows them.</summary>
    private const int Unbroken = 100_000;

    /// <summary>A table; columns whose header starts with '>' are numbers, aligned right.</summary>
    public static Table Create(params ReadOnlySpan<string> headers)
    {
        var table = new Table().NoBorder();
        for (var i = 0; i < headers.Length; i++)
        {
            var isNumber = headers[i].StartsWith('>');
            var column = new TableColumn(
                new Text(headers[i].TrimStart('>'), new Style(decoration: Decoration.Bold))
            );
            column.Padding(new Padding(0, 0, 2, 0));
            column.Alignment(isNumber ? Justify.Right : Justify.Left);
            table.AddColumn(isNumber ? column.NoWrap() : column);
        }

        return table;
    }

    /// <summary>Adds a row of plain text, which may come from files.</summary>
    public static void Add(this Table table, params ReadOnlySpan<string> cells)
    {
        var row = new List<IRenderable>();
        foreach (var cell in cells)
        {
            row.Add(new Text(TerminalText.Escape(cell)));
        }

        table.AddRow(row);
    }

    /// <summary>Adds a row of cells with several lines of plain text, which may come from files.</summary>
    public static void AddLines(this Table table, params ReadOnlySpan<IEnumerable<string>> cells)
    {
        var row = new List<IRenderable>();
        foreach (var lines in cells)
        {
            row.Add(new Text(string.Join('\n', lines.Select(line => TerminalText.Escape(line)))));
        }

        table.AddRow(row);
    }

    /// <summary>Writes a table to standard output, with colours where that has them.</summary>
    /// <param name="table">The table.</param>
    /// <param name="console">Where to.</param>
    /// <param name="width">The width that its texts are broken to.</param>
    public static void Write(Table table, CliConsole console, int width = Unbroken) =>
        console.StyledOut.Write(Render(table, console.OutIsTerminal, width));

    /// <summary>A table as text, without spaces at the ends of lines.</summary>
    public static string Render(Table table, bool isStyled, int width = Unbroken)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var ansi = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = isStyled ? AnsiSupport.Detect : AnsiSupport.No,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(text),
            }
        );
        ansi.Profile.Width = width;
        ansi.Write(table);
        return string.Concat(text.ToString().TrimEnd().Split('\n').Select(line => line.TrimEnd() + "\n"));
    }
}
