using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace LlmSim.Tests.Fuzz;

/// <summary>
/// JSON by the letter of RFC 8259, and without a name twice: an oracle for what the readers accept, which shares nothing with them. Values
/// are null, bool, decimal or double, string, list and dictionary.
/// </summary>
internal sealed class StrictJson
{
    private const int MostLevels = 64;

    private readonly string _text;
    private readonly bool _isPython;
    private int _at;

    private StrictJson(string text, bool isPython) => (_text, _isPython) = (text, isPython);

    /// <summary>The value of a document.</summary>
    /// <param name="utf8">The document.</param>
    /// <param name="isPython">Whether NaN, Infinity and -Infinity are numbers, as Python writes them.</param>
    /// <exception cref="FormatException">It is not JSON.</exception>
    public static object? Parse(ReadOnlySpan<byte> utf8, bool isPython = false)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new FormatException("not UTF-8");
        }

        var parser = new StrictJson(Encoding.UTF8.GetString(utf8), isPython);
        var value = parser.Value(levels: 0);
        parser.SkipSpace();
        return parser._at == parser._text.Length ? value : throw parser.Wrong();
    }

    private object? Value(int levels)
    {
        SkipSpace();
        if (levels > MostLevels)
        {
            throw Wrong();
        }

        switch (Peek())
        {
            case '{':
                return Object(levels);
            case '[':
                return List(levels);
            case '"':
                return String();
            case 't' when TakeWord("true"):
                return true;
            case 'f' when TakeWord("false"):
                return false;
            case 'n' when TakeWord("null"):
                return null;
            case 'N' when _isPython && TakeWord("NaN"):
                return double.NaN;
            case 'I' when _isPython && TakeWord("Infinity"):
                return double.PositiveInfinity;
            case '-' when _isPython && TakeWord("-Infinity"):
                return double.NegativeInfinity;
            default:
                return Number();
        }
    }

    private Dictionary<string, object?> Object(int levels)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        Take('{');
        SkipSpace();
        while (Peek() != '}')
        {
            if (members.Count > 0)
            {
                Take(',');
                SkipSpace();
            }

            var name = String();
            SkipSpace();
            Take(':');
            if (!members.TryAdd(name, Value(levels + 1)))
            {
                throw Wrong();
            }

            SkipSpace();
        }

        Take('}');
        return members;
    }

    private List<object?> List(int levels)
    {
        var elements = new List<object?>();
        Take('[');
        SkipSpace();
        while (Peek() != ']')
        {
            if (elements.Count > 0)
            {
                Take(',');
            }

            elements.Add(Value(levels + 1));
            SkipSpace();
        }

        Take(']');
        return elements;
    }

    private string String()
    {
        var text = new StringBuilder();
        Take('"');
        while (Peek() != '"')
        {
            var one = Next();
            if (one < ' ')
            {
                throw Wrong();
            }

            text.Append(one == '\\' ? Escaped() : one);
        }

        Take('"');
        return text.ToString();
    }

    private char Escaped()
    {
        var one = Next();
        if (one != 'u')
        {
            var at = "\"\\/bfnrt".IndexOf(one, StringComparison.Ordinal);
            return at >= 0 ? "\"\\/\b\f\n\r\t"[at] : throw Wrong();
        }

        var code = 0;
        for (var i = 0; i < 4; i++)
        {
            var digit = Next();
            code =
                (16 * code)
                + (char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : throw Wrong());
        }

        return (char)code;
    }

    private object Number()
    {
        var start = _at;
        Skip('-');
        if (!Skip('0'))
        {
            Digits();
        }

        var isWhole = true;
        if (Skip('.'))
        {
            isWhole = false;
            Digits();
        }

        if (Skip('e') || Skip('E'))
        {
            isWhole = false;
            _ = Skip('+') || Skip('-');
            Digits();
        }

        var text = _text.AsSpan(start, _at - start);
        return
            isWhole && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            ? exact
            : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private void Digits()
    {
        if (!char.IsAsciiDigit(Peek()))
        {
            throw Wrong();
        }

        while (char.IsAsciiDigit(Peek()))
        {
            _at++;
        }
    }

    private bool TakeWord(string word)
    {
        var isThere = _text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal);
        _at += isThere ? word.Length : 0;
        return isThere;
    }

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
    }

    private bool Skip(char one)
    {
        var isThere = _at < _text.Length && _text[_at] == one;
        _at += isThere ? 1 : 0;
        return isThere;
    }

    private void Take(char one)
    {
        if (!Skip(one))
        {
            throw Wrong();
        }
    }

    /// <summary>The next character; one that no JSON has at the end.</summary>
    private char Peek() => _at < _text.Length ? _text[_at] : '\uFFFF';

    private char Next() => _at < _text.Length ? _text[_at++] : throw Wrong();

    private FormatException Wrong() => new($"not JSON at character {_at}");
}
