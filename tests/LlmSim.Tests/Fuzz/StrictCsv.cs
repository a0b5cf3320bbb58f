using System.Text;
using System.Text.Unicode;

namespace LlmSim.Tests.Fuzz;

/// <summary>CSV by the letter of RFC 4180, as many cells in each record as in the header: an oracle for what the readers accept.</summary>
internal static class StrictCsv
{
    /// <summary>The records, the header first; empty lines between them are left out.</summary>
    /// <exception cref="FormatException">It is not such a table.</exception>
    public static List<string[]> Parse(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new FormatException("not UTF-8");
        }

        var text = Encoding.UTF8.GetString(utf8).TrimStart('\uFEFF');
        var records = new List<string[]>();
        for (var at = 0; at < text.Length; )
        {
            var record = Record(text, ref at);
            if (record is [""])
            {
                continue;
            }

            if (records.Count > 0 && record.Count != records[0].Length)
            {
                throw new FormatException($"record {records.Count} has {record.Count} cells");
            }

            records.Add([.. record]);
        }

        return records;
    }

    private static List<string> Record(string text, ref int at)
    {
        var cells = new List<string>();
        while (true)
        {
            cells.Add(Cell(text, ref at));
            if (at == text.Length)
            {
                return cells;
            }

            var end = text[at++];
            if (end == '\n')
            {
                return cells;
            }

            if (end == '\r')
            {
                at +=
                    at < text.Length && text[at] == '\n'
                        ? 1
                        : throw new FormatException("a lone carriage return");
                return cells;
            }
        }
    }

    /// <summary>A cell, up to the comma or the end of the line behind it.</summary>
    private static string Cell(string text, ref int at)
    {
        var cell = new StringBuilder();
        if (at == text.Length || text[at] != '"')
        {
            for (; at < text.Length && text[at] is not (',' or '\r' or '\n'); at++)
            {
                cell.Append(
                    text[at] != '"' && !char.IsControl(text[at])
                        ? text[at]
                        : throw new FormatException("a quote or control character")
                );
            }

            return cell.ToString();
        }

        for (at++; ; at++)
        {
            if (at == text.Length)
            {
                throw new FormatException("a quote that does not end");
            }

            if (text[at] == '"')
            {
                at++;
                if (at == text.Length || text[at] is ',' or '\r' or '\n')
                {
                    return cell.ToString();
                }

                if (text[at] != '"')
                {
                    throw new FormatException("text behind a quote");
                }
            }

            cell.Append(text[at]);
        }
    }
}
