using System.Buffers;
using System.Globalization;
using System.Text.Unicode;

namespace LlmSim.Workloads.Traces;

/// <summary>How the records of a file are told apart.</summary>
internal enum RecordShape
{
    /// <summary>One a line.</summary>
    Lines,

    /// <summary>One a line, but a line feed between double quotes is part of a field (RFC 4180).</summary>
    QuotedLines,

    /// <summary>The elements of a JSON array, or JSON values one after another, over any number of lines.</summary>
    JsonValues,
}

/// <summary>
/// Records of a text file as UTF-8 bytes in one pooled buffer: no allocation per record, memory bounded by the longest one.
/// Skips blank lines and a byte order mark. Knows where it is, so that errors can say so.
/// </summary>
internal sealed partial class LineReader(Stream stream, string sourceName, ReadLimits limits) : IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
    private bool _hasBegun;
    private int _start;
    private int _end;
    private int _lineStart;
    private int _lineLength;
    private long _lineNumber;

    /// <summary>Line feeds within the current record.</summary>
    private int _lineFeeds;

    /// <summary>Bytes of the blank lines since the last record.</summary>
    private long _blankBytes;

    /// <summary>How records are told apart, from the next call of <see cref="MoveNext" /> on.</summary>
    public RecordShape Shape { get; set; }

    /// <summary>What may stand between fields of <see cref="RecordShape.QuotedLines" />: one of them, once it is known which.</summary>
    public byte[] Separators { get; set; } = [.. ",;\t|"u8];

    /// <summary>
    /// The current record without the spaces around it, valid until the next call of <see cref="MoveNext" />; empty at the end.
    /// </summary>
    public ReadOnlySpan<byte> Line => RawLine.Trim(" \t\r"u8);

    /// <summary>The current record with its spaces and tabs, which separate fields in some tables.</summary>
    public ReadOnlySpan<byte> RawLine => _buffer.AsSpan(_lineStart, _lineLength);

    /// <summary>The line on which the current record begins, from 1.</summary>
    public long LineNumber => _lineNumber;

    /// <summary>Goes to the next record that is not blank; false at the end.</summary>
    public bool MoveNext()
    {
        if (Shape == RecordShape.JsonValues)
        {
            return MoveNextValue();
        }

        while (ReadLine())
        {
            if (!Line.IsEmpty)
            {
                _blankBytes = 0;
                return true;
            }

            CountBlank(_lineLength + 1);
        }

        return false;
    }

    /// <summary>The beginning of what is not read yet, blank lines left out: as much as the buffer holds.</summary>
    public ReadOnlySpan<byte> Head()
    {
        SkipBlankLines();
        while (_end < _buffer.Length && Fill()) { }

        return _buffer.AsSpan(_start, _end - _start);
    }

    /// <summary>All that is not read yet.</summary>
    /// <exception cref="UserErrorException">It is longer than documents may be, or not UTF-8.</exception>
    public byte[] ReadToEnd()
    {
        using var content = new MemoryStream();
        do
        {
            content.Write(_buffer, _start, _end - _start);
            _start = _end = 0;
            if (content.Length > limits.ReportBytes)
            {
                throw FileError(
                    $"the document is longer than {ReadLimits.Size(limits.ReportBytes)}; allowed: less, or one request a line{limits.Hint}"
                );
            }
        } while (Fill());

        var bytes = content.ToArray();
        return Utf8.IsValid(bytes)
            ? bytes
            : throw FileError(
                $"{NotUtf8(bytes, out var before)} in line {_lineNumber + 1 + before.Count((byte)'\n')}"
            );
    }

    /// <summary>What is wrong with a field of the current record.</summary>
    public UserErrorException Error(string field, ReadOnlySpan<byte> found, string allowed) =>
        Error(field, $"found {Excerpt(found)}; allowed: {allowed}");

    /// <summary>What is wrong with a field of the current record.</summary>
    public UserErrorException Error(string field, string message) => ErrorAt(_lineNumber, field, message);

    /// <summary>What is wrong with a field of a record that begins on some line.</summary>
    public UserErrorException ErrorAt(long line, string field, string message)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{sourceName}:{Math.Max(line, 1)}");
        return new UserErrorException(
            field.Length == 0 ? $"{place}: {message}" : $"{place}: {field}: {message}"
        );
    }

    /// <summary>What is wrong with the file as a whole.</summary>
    public UserErrorException FileError(string message) => new($"{sourceName}: {message}");

    /// <inheritdoc />
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = _lineStart = _lineLength = 0;
    }

    /// <summary>Goes to the line that is not blank, so that its beginning says what the file is.</summary>
    private void SkipBlankLines()
    {
        do
        {
            var pending = _buffer.AsSpan(_start, _end - _start);
            var next = pending.IndexOfAnyExcept(" \t\r\n"u8);
            var blankLines = pending[..(next < 0 ? pending.Length : next)];
            var skipped = blankLines.LastIndexOf((byte)'\n') + 1;
            _lineNumber += blankLines[..skipped].Count((byte)'\n');
            _start += skipped;
            CountBlank(skipped);
            if (next >= 0)
            {
                return;
            }
        } while (Fill());
    }

    private void CountBlank(int bytes)
    {
        _blankBytes += bytes;
        if (_blankBytes > limits.BlankBytes)
        {
            throw Error(
                "",
                $"found more than {ReadLimits.Size(limits.BlankBytes)} of blank lines above; allowed: fewer{limits.Hint}"
            );
        }
    }

    private bool ReadLine()
    {
        _lineNumber += 1 + _lineFeeds;
        _lineFeeds = 0;
        var isQuoted = false;
        for (var searched = 0; ; )
        {
            var pending = _buffer.AsSpan(_start, _end - _start);
            var newline = pending[searched..].IndexOf((byte)'\n');
            if (newline >= 0)
            {
                isQuoted =
                    Shape == RecordShape.QuotedLines
                    && IsQuotedAtEnd(pending[..(searched + newline)], searched, isQuoted);
                if (isQuoted)
                {
                    _lineFeeds++;
                    searched += newline + 1;
                    continue;
                }

                TakeLine(searched + newline);
                _start++;
                return true;
            }

            if (Shape != RecordShape.QuotedLines)
            {
                searched = pending.Length;
            }

            if (!Fill())
            {
                if (Shape == RecordShape.QuotedLines && IsQuotedAtEnd(pending, searched, isQuoted))
                {
                    throw Error("", "a field of this row opens with a double quote and does not end");
                }

                TakeLine(pending.Length);
                return pending.Length > 0;
            }
        }
    }

    /// <summary>
    /// Whether a record so far ends within quotes. Only a quote at the beginning of a field opens it: one within a text, as of 5"
    /// disks, is a character.
    /// </summary>
    private bool IsQuotedAtEnd(ReadOnlySpan<byte> record, int start, bool isQuoted)
    {
        while (record[start..].IndexOf((byte)'"') is >= 0 and var quote)
        {
            start += quote + 1;
            if (isQuoted && start < record.Length && record[start] == '"')
            {
                start++; // Doubled: a character.
                continue;
            }

            isQuoted = !isQuoted && IsFieldStart(record[..(start - 1)].TrimEnd((byte)' '));
        }

        return isQuoted;
    }

    private bool IsFieldStart(ReadOnlySpan<byte> before) => before.IsEmpty || Separators.Contains(before[^1]);

    private void TakeLine(int length)
    {
        _lineStart = _start;
        _lineLength = length;
        _start += length;
    }

    /// <summary>Appends bytes of the stream to the buffer, making room first; false at the end of the stream.</summary>
    private bool Fill()
    {
        MakeRoom();
        var count = _hasBegun
            ? stream.Read(_buffer, _end, _buffer.Length - _end)
            : stream.ReadAtLeast(_buffer.AsSpan(_end), 3, throwOnEndOfStream: false);
        Inspect(_buffer.AsSpan(_end, count));
        _end += count;
        if (!_hasBegun && _buffer.AsSpan(0, count).StartsWith("\uFEFF"u8))
        {
            _start = 3;
        }

        _hasBegun = true;
        return count > 0;
    }

    private void MakeRoom()
    {
        var pending = _buffer.AsSpan(_start, _end - _start);
        if (_start > 0)
        {
            pending.CopyTo(_buffer);
            (_start, _end) = (0, pending.Length);
        }
        else if (_end == _buffer.Length)
        {
            if (_end >= limits.RecordBytes)
            {
                throw Error(
                    "",
                    $"the line is longer than {ReadLimits.Size(limits.RecordBytes)}; allowed: one request a line{limits.Hint}"
                );
            }

            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            pending.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }
}
