using Spectre.Console;
using Spectre.Console.Rendering;

namespace LlmSim.Cli.Output;

/// <summary>Tables in the one style of the command: no frame, headers in bold on a terminal, plain text elsewhere.</summary>
internal static class TextTable
{
    private const int Width = 80;

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

    /// <summary>Adds a row of plain text.</summary>
    public static void Add(this Table table, params ReadOnlySpan<string> cells)
    {
        var row = new List<IRenderable>();
        foreach (var cell in cells)
        {
            row.Add(new Text(cell));
        }

        table.AddRow(row);
    }

    /// <summary>A table as text, without spaces at the ends of lines; with colours where standard output has them.</summary>
    public static string Render(Table table, CliConsole console, int width = Width)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var ansi = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = console.OutIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                Interactive = InteractionSupport.No,
                Out = new AnsiConsoleOutput(text),
            }
        );
        ansi.Profile.Width = width;
        ansi.Write(table);
        return string.Concat(text.ToString().TrimEnd().Split('\n').Select(line => line.TrimEnd() + "\n"));
    }
}
