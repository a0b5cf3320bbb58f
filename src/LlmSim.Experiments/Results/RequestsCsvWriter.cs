using System.Buffers;
using System.Globalization;
using System.Text;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <summary>
/// Per-request results as CSV: UTF-8, a header, numbers that read back exactly, nothing where undefined. Cells are formatted
/// straight into the bytes of the file, without a string on the way.
/// </summary>
internal sealed class RequestsCsvWriter : RequestsWriter
{
    private const int FlushBytes = 1 << 16;

    /// <summary>More than any number takes.</summary>
    private const int MaxNumberBytes = 32;

    private static readonly SearchValues<char> s_quoted = SearchValues.Create(",\"\r\n");

    private readonly Stream _stream;
    private readonly RequestColumn[] _columns;
    private byte[] _buffer = new byte[2 * FlushBytes];
    private int _length;

    public RequestsCsvWriter(Stream stream, IReadOnlyList<RequestColumn> columns)
    {
        _stream = stream;
        _columns = [.. columns];
        foreach (var column in _columns)
        {
            WriteText(column.Name);
            EndCell();
        }

        EndRow();
    }

    protected override void Write(in RequestRecord record)
    {
        foreach (var column in _columns)
        {
            WriteCell(column, record);
            EndCell();
        }

        EndRow();
    }

    protected override void Finish()
    {
        Flush();
        _stream.Flush();
    }

    private void WriteCell(RequestColumn column, in RequestRecord record)
    {
        switch (column)
        {
            case IntegerColumn c when c.Value(record) is { } value:
                WriteNumber(value);
                break;
            case SecondsColumn c when c.Value(record) is { } value:
                WriteNumber(value);
                break;
            case FlagColumn c when c.Value(record) is { } value:
                WriteText(value ? "true" : "false");
                break;
            case TextColumn c when c.Value(record) is { } value:
                WriteText(value);
                break;
        }
    }

    private void WriteNumber<T>(T value)
        where T : IUtf8SpanFormattable
    {
        Reserve(MaxNumberBytes);
        value.TryFormat(_buffer.AsSpan(_length), out var written, default, CultureInfo.InvariantCulture);
        _length += written;
    }

    private void WriteText(string text)
    {
        if (text.AsSpan().ContainsAny(s_quoted))
        {
            text = $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        }

        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
    }

    private void EndCell()
    {
        Reserve(1);
        _buffer[_length++] = (byte)',';
    }

    /// <summary>The comma after the last cell becomes the end of the line.</summary>
    private void EndRow()
    {
        _buffer[_length - 1] = (byte)'\n';
        if (_length >= FlushBytes)
        {
            Flush();
        }
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _length + bytes));
        }
    }

    private void Flush()
    {
        _stream.Write(_buffer, 0, _length);
        _length = 0;
    }
}
