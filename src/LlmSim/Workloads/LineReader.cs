using System.Buffers;
using System.Globalization;
using System.Text;

namespace LlmSim.Workloads;

/// <summary>
/// Lines of a text file as UTF-8 bytes in one pooled buffer: no allocation per line, memory bounded by the longest line.
/// Skips blank lines, a byte order mark and the spaces around a line. Knows where it is, so that errors can say so.
/// </summary>
internal sealed class LineReader(Stream stream, string sourceName) : IDisposable
{
    /// <summary>A longer line is an error, so that a file without line ends does not fill the memory.</summary>
    internal const int MaxLineBytes = 16 << 20;

    private const int MaxFoundCharacters = 60;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
    private int _start;
    private int _end;
    private int _lineStart;
    private int _lineLength;
    private long _lineNumber;

    /// <summary>The current line, valid until the next call of <see cref="MoveNext" />; empty at the end.</summary>
    public ReadOnlySpan<byte> Line => _buffer.AsSpan(_lineStart, _lineLength).Trim(" \t\r"u8);

    /// <summary>Goes to the next line that is not blank; false at the end.</summary>
    public bool MoveNext()
    {
        while (ReadLine())
        {
            if (!Line.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What is wrong with a field of the current line.</summary>
    public UserErrorException Error(string field, ReadOnlySpan<byte> found, string allowed) =>
        Error(field, $"found {Excerpt(found)}; allowed: {allowed}");

    /// <summary>What is wrong with a field of the current line.</summary>
    public UserErrorException Error(string field, string message)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{sourceName}:{_lineNumber}");
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
        _lineStart = _lineLength = 0;
    }

    private bool ReadLine()
    {
        _lineNumber++;
        for (var searched = 0; ; )
        {
            var pending = _buffer.AsSpan(_start, _end - _start);
            var newline = pending[searched..].IndexOf((byte)'\n');
            if (newline >= 0)
            {
                TakeLine(searched + newline);
                _start++;
                return true;
            }

            searched = pending.Length;
            if (!Fill())
            {
                TakeLine(searched);
                return searched > 0;
            }
        }
    }

    private void TakeLine(int length)
    {
        _lineStart = _start;
        _lineLength = length;
        _start += length;
        if (_lineNumber == 1 && _buffer.AsSpan(_lineStart, length).StartsWith("\uFEFF"u8))
        {
            _lineStart += 3;
            _lineLength -= 3;
        }
    }

    /// <summary>Appends bytes of the stream to the buffer, making room first; false at the end of the stream.</summary>
    private bool Fill()
    {
        MakeRoom();
        var count = stream.Read(_buffer, _end, _buffer.Length - _end);
        // Control characters below the tab are in no text file, but soon in any other.
        if (_buffer.AsSpan(_end, count).ContainsAnyInRange((byte)0, (byte)8))
        {
            throw FileError(
                "looks like a binary file; allowed: UTF-8 text, plain or compressed with gzip or zstd"
            );
        }

        _end += count;
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
            if (_end >= MaxLineBytes)
            {
                throw Error("", "the line is longer than 16 MiB; allowed: one request a line");
            }

            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            pending.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }

    private static string Excerpt(ReadOnlySpan<byte> found)
    {
        var text = Encoding.UTF8.GetString(found[..Math.Min(found.Length, 4 * MaxFoundCharacters)]);
        return text.Length switch
        {
            0 => "nothing",
            <= MaxFoundCharacters => text,
            _ => string.Concat(text.AsSpan(0, MaxFoundCharacters), "…"),
        };
    }
}
