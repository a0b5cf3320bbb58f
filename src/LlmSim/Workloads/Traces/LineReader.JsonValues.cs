using System.Buffers;

namespace LlmSim.Workloads.Traces;

/// <summary>The records of <see cref="RecordShape.JsonValues" />.</summary>
internal sealed partial class LineReader
{
    private static readonly SearchValues<byte> s_structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> s_afterScalar = SearchValues.Create(",]} \t\r\n"u8);

    private bool _isInArray;
    private bool _hasBegunValues;

    /// <summary>Whether the value before was one of the array, which a comma has to follow.</summary>
    private bool _isAfterElement;

    private bool _isAfterComma;
    private bool _hasValue;
    private bool _hasArrayEnded;

    private bool MoveNextValue()
    {
        if (!_hasBegunValues)
        {
            _hasBegunValues = true;
            _lineNumber++;
        }

        (_lineNumber, _lineFeeds, _lineLength) = (_lineNumber + _lineFeeds, 0, 0);
        for (var next = SkipBlanks(); next is not null; next = SkipBlanks())
        {
            switch ((char)next)
            {
                case var _ when _hasArrayEnded:
                    throw Error("", _buffer.AsSpan(_start, _end - _start), "nothing after the JSON array");
                case '[' when !_isInArray && !_hasValue:
                    _isInArray = true;
                    _start++;
                    break;
                case ']' when _isInArray && !_isAfterComma:
                    _hasArrayEnded = true;
                    _start++;
                    break;
                case ',' when _isAfterElement:
                    (_isAfterElement, _isAfterComma) = (false, true);
                    _start++;
                    break;
                case ',' or ']':
                    throw Error("", _buffer.AsSpan(_start, 1), "a value here");
                case var _ when _isAfterElement:
                    throw Error(
                        "",
                        _buffer.AsSpan(_start, _end - _start),
                        "a comma between the values of the JSON array"
                    );
                default:
                    TakeLine(ValueLength());
                    (_isAfterElement, _isAfterComma, _blankBytes) = (_isInArray, false, 0);
                    _hasValue = true;
                    _lineFeeds = RawLine.Count((byte)'\n');
                    return true;
            }
        }

        return _isInArray && !_hasArrayEnded
            ? throw Error("", "the JSON array does not end; allowed: a whole file")
            : false;
    }

    /// <summary>The next byte that is not blank; null at the end.</summary>
    private byte? SkipBlanks()
    {
        do
        {
            var pending = _buffer.AsSpan(_start, _end - _start);
            var next = pending.IndexOfAnyExcept(" \t\r\n"u8);
            var blanks = next < 0 ? pending : pending[..next];
            _lineNumber += blanks.Count((byte)'\n');
            _start += blanks.Length;
            CountBlank(blanks.Length);
            if (next >= 0)
            {
                return _buffer[_start];
            }
        } while (Fill());

        return null;
    }

    /// <summary>Bytes of the JSON value that begins here; what is within is left to its parser.</summary>
    private int ValueLength()
    {
        var (at, depth, isInString) = (0, 0, false);
        do
        {
            var pending = _buffer.AsSpan(_start, _end - _start);
            while (at < pending.Length)
            {
                var rest = pending[at..];
                var isScalar =
                    depth == 0 && !isInString && !rest.StartsWith("\""u8) && !s_structure.Contains(rest[0]);
                var next =
                    isInString ? rest.IndexOfAny((byte)'"', (byte)'\\')
                    : isScalar ? rest.IndexOfAny(s_afterScalar)
                    : rest.IndexOfAny(s_structure);
                if (next < 0)
                {
                    at = pending.Length;
                    break;
                }

                if (isScalar)
                {
                    return at + Math.Max(next, 1);
                }

                at += next + 1;
                switch ((char)rest[next])
                {
                    case '\\':
                        at++;
                        continue;
                    case '"':
                        isInString = !isInString;
                        break;
                    case '{' or '[':
                        depth++;
                        break;
                    default:
                        depth--;
                        break;
                }

                if (depth <= 0 && !isInString)
                {
                    return at;
                }
            }
        } while (Fill());

        return _end - _start;
    }
}
