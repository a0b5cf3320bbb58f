using System.Globalization;
using System.Text;

namespace LlmSim.Experiments;

/// <summary>
/// Text of files, options and policies as a terminal may show it: what would steer the terminal is written as an escape, and what is
/// too long is cut, with its length.
/// </summary>
internal static class TerminalText
{
    private const int ValueLimit = 200;
    private const int MessageLimit = 4_000;

    /// <summary>A value: on one line, and with at most so many characters of its own.</summary>
    public static string Escape(string value, int limit = ValueLimit) =>
        Escaped(Cut(value, limit), isLine: true);

    /// <summary>A message, perhaps of several lines: what it quotes is cut as a value is, and the whole at a screen or two.</summary>
    public static string Message(string message, int limit = MessageLimit) =>
        Escaped(Cut(CutQuoted(message), limit), isLine: false);

    /// <summary>Whether a character would steer the terminal or the order of the text after it.</summary>
    public static bool IsControl(char c) =>
        char.IsControl(c)
        || CharUnicodeInfo.GetUnicodeCategory(c)
            is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;

    /// <summary>Such a character as it is shown; beyond ASCII as JSON has it too, which leaves such characters in its texts.</summary>
    public static string Escape(char c) =>
        c switch
        {
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            < '\x80' => $"\\x{(int)c:x2}",
            _ => $"\\u{(int)c:x4}",
        };

    private static string Escaped(string text, bool isLine)
    {
        if (!text.Any(c => IsShownAsEscape(c, isLine)))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = IsShownAsEscape(c, isLine) ? escaped.Append(Escape(c)) : escaped.Append(c);
        }

        return escaped.ToString();
    }

    private static bool IsShownAsEscape(char c, bool isLine) => IsControl(c) && (isLine || c != '\n');

    private static string Cut(string text, int limit)
    {
        if (text.Length <= limit)
        {
            return text;
        }

        // No half of a character of two parts is left.
        var end = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{text.AsSpan(0, end)}… ({text.Length:N0} characters)"
        );
    }

    /// <summary>Cuts what stands between quotation marks; an apostrophe within a word is none.</summary>
    private static string CutQuoted(string message)
    {
        var cut = new StringBuilder();
        var position = 0;
        while (NextMark(message, position, isOpening: true) is var opening and >= 0)
        {
            var closing = NextMark(message, opening + 1, isOpening: false);
            if (closing < 0)
            {
                break;
            }

            cut.Append(message, position, opening + 1 - position)
                .Append(Cut(message[(opening + 1)..closing], ValueLimit))
                .Append('\'');
            position = closing + 1;
        }

        return cut.Append(message, position, message.Length - position).ToString();
    }

    /// <summary>The next mark that no letter stands before, or after where it closes; -1 for none.</summary>
    private static int NextMark(string message, int start, bool isOpening)
    {
        for (var i = message.IndexOf('\'', start); i >= 0; i = message.IndexOf('\'', i + 1))
        {
            var neighbour = isOpening ? i - 1 : i + 1;
            if (neighbour < 0 || neighbour >= message.Length || !char.IsLetterOrDigit(message[neighbour]))
            {
                return i;
            }
        }

        return -1;
    }
}
