using System.Buffers;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// The text of a record but for its values. Nearly all records of a trace are written alike: then only the values have to be looked
/// at, and the keys are known to be right.
/// </summary>
internal sealed class JsonTemplate
{
    private static readonly SearchValues<byte> s_endOfText = SearchValues.Create([
        (byte)'"',
        (byte)'\\',
        .. Enumerable.Range(0, 32).Select(control => (byte)control),
    ]);

    private readonly List<(int Start, int End, JsonSlot Slot)> _learned = [];
    private readonly (int Start, int Length)[] _values = new (int, int)[Enum.GetValues<JsonSlot>().Length];
    private (byte[] Before, JsonSlot Slot)[] _fields = [];
    private byte[] _end = [];

    /// <summary>Where the value of a slot is in the record that was matched; a length of 0 where there is none.</summary>
    public (int Start, int Length) this[JsonSlot slot] => _values[(int)slot];

    /// <summary>
    /// Whether a record is the template with other values: numbers without an exponent, texts without an escape, lists of whole
    /// numbers. False says nothing: such a record is left to a parser.
    /// </summary>
    public bool Matches(ReadOnlySpan<byte> record)
    {
        if (_fields.Length == 0)
        {
            return false;
        }

        var at = 0;
        foreach (var (before, slot) in _fields)
        {
            if (!record[at..].StartsWith(before))
            {
                return false;
            }

            at += before.Length;
            var length = ValueLength(record, at);
            if (length == 0)
            {
                return false;
            }

            _values[(int)slot] = (at, length);
            at += length;
        }

        return record[at..].SequenceEqual(_end);
    }

    /// <summary>Notes a value of the record that is being parsed.</summary>
    public void Note(int start, int end, JsonSlot slot) => _learned.Add((start, end, slot));

    /// <summary>Forgets the values that were noted.</summary>
    public void Forget() => _learned.Clear();

    /// <summary>Makes the template of a record that has been parsed, of the values that were noted.</summary>
    public void Learn(ReadOnlySpan<byte> record)
    {
        _fields = [];
        foreach (var (start, end, _) in _learned)
        {
            if (ValueLength(record, start) != end - start)
            {
                return;
            }
        }

        var at = 0;
        var fields = new List<(byte[], JsonSlot)>();
        foreach (var (start, end, slot) in _learned)
        {
            fields.Add((record[at..start].ToArray(), slot));
            at = end;
        }

        _end = record[at..].ToArray();
        _fields = [.. fields];
        Array.Clear(_values);
    }

    /// <summary>Bytes of a plain value of JSON; 0 for any other, and for what is none.</summary>
    private static int ValueLength(ReadOnlySpan<byte> record, int at)
    {
        var text = record[at..];
        switch (text.IsEmpty ? '\0' : (char)text[0])
        {
            case '"':
                var end = text[1..].IndexOfAny(s_endOfText) + 1;
                return end > 0 && text[end] == '"' ? end + 1 : 0;
            case '[':
                return ListLength(record, at);
            case 't':
                return text.StartsWith("true"u8) ? 4 : 0;
            case 'f':
                return text.StartsWith("false"u8) ? 5 : 0;
            case 'n':
                return text.StartsWith("null"u8) ? 4 : 0;
            case '-':
                var digits = NumberLength(text[1..]);
                return digits > 0 ? digits + 1 : 0;
            default:
                return NumberLength(text);
        }
    }

    private static int ListLength(ReadOnlySpan<byte> record, int at)
    {
        // The hash ids are last in most traces, and then their end need not be searched.
        if (record.EndsWith("]}"u8) && JsonIntegers.IsList(record, at + 1, record.Length - 2))
        {
            return record.Length - 1 - at;
        }

        var length = record[at..].IndexOf((byte)']');
        return length > 0 && JsonIntegers.IsList(record, at + 1, at + length) ? length + 1 : 0;
    }

    private static int NumberLength(ReadOnlySpan<byte> text)
    {
        var whole = Digits(text);
        if (whole == 0 || (whole > 1 && text[0] == '0'))
        {
            return 0;
        }

        if (whole == text.Length || text[whole] != '.')
        {
            return whole;
        }

        var fraction = Digits(text[(whole + 1)..]);
        return fraction == 0 ? 0 : whole + 1 + fraction;
    }

    private static int Digits(ReadOnlySpan<byte> text)
    {
        var digits = 0;
        while (digits < text.Length && char.IsAsciiDigit((char)text[digits]))
        {
            digits++;
        }

        return digits;
    }
}
