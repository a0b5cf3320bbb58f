using System.Globalization;
using System.Text;

namespace LlmSim.Experiments.Reports;

/// <summary>Tables as HTML, whole without a script; cells of numbers carry what they sort by.</summary>
internal static class TableHtml
{
    /// <summary>A browser lays out so many rows without a stall.</summary>
    private const int MaxRows = 5_000;

    public static void Write(StringBuilder html, TableBlock table)
    {
        var id = table.Id.Length > 0 ? $" id=\"{table.Id}\"" : "";
        html.Append(
            CultureInfo.InvariantCulture,
            $"<div class=\"card table\"{id}><h3>{PageText.Html(table.Title)}</h3>\n"
        );
        if (Note(table) is { Length: > 0 } note)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{PageText.Html(note)}</p>\n");
        }

        html.Append("<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>");
        foreach (var column in table.Columns)
        {
            var unit = column.Unit.Length > 0 ? $" <small>{PageText.Html(column.Unit)}</small>" : "";
            html.Append(
                CultureInfo.InvariantCulture,
                $"<th scope=\"col\"{(column.IsNumber ? " class=\"number\"" : "")}>{PageText.Html(column.Name)}{unit}</th>"
            );
        }

        html.Append("</tr></thead><tbody>\n");
        foreach (var row in table.Rows.Take(MaxRows))
        {
            html.Append("<tr>");
            foreach (var (cell, column) in row.Zip(table.Columns))
            {
                Write(html, cell, column.IsNumber);
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div></div>\n");
    }

    private static void Write(StringBuilder html, in TableCell cell, bool isNumber)
    {
        var value = double.IsFinite(cell.Value)
            ? string.Create(CultureInfo.InvariantCulture, $" data-value=\"{cell.Value:R}\"")
            : "";
        var tone = cell.Tone == Tone.Plain ? "" : $" {cell.Tone.ToString().ToLowerInvariant()}";
        var names = $"{(isNumber ? "number" : "")}{tone}".Trim();
        var cssClass = names.Length > 0 ? $" class=\"{names}\"" : "";
        html.Append(CultureInfo.InvariantCulture, $"<td{cssClass}{value}>{PageText.Html(cell.Text)}</td>");
    }

    private static string Note(TableBlock table) =>
        table.Rows.Count <= MaxRows
            ? table.Note
            : string.Create(
                    CultureInfo.InvariantCulture,
                    $"the first {MaxRows:N0} of {table.Rows.Count:N0} rows; {table.Note}"
                )
                .TrimEnd(' ', ';');
}
