using ICSharpCode.SharpZipLib;
using ZstdSharp;

namespace LlmSim.Experiments;

/// <summary>
/// A file that is being read: first the head that was read to learn its format, then the rest. What goes wrong is told
/// with the path.
/// </summary>
internal sealed class InputStream(string path, Stream rest, ReadOnlyMemory<byte> head = default) : Stream
{
    private ReadOnlyMemory<byte> _head = head;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (!_head.IsEmpty)
        {
            var count = Math.Min(_head.Length, buffer.Length);
            _head.Span[..count].CopyTo(buffer);
            _head = _head[count..];
            return count;
        }

        try
        {
            return rest.Read(buffer);
        }
        catch (Exception error) when (error is SharpZipBaseException or ZstdException or EndOfStreamException)
        {
            throw new UserErrorException(
                $"{path}: the compressed data is damaged or cut off: {error.Message}",
                error
            );
        }
        catch (IOException error)
        {
            throw new UserErrorException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }
}
