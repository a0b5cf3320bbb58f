using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments;

/// <summary>
/// A file that is being read: first the head that was read to learn its format, then the rest. What goes wrong is told
/// with the path.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="rest">What follows the head.</param>
/// <param name="limits">How much is read.</param>
internal sealed class InputStream(string path, Stream rest, ReadLimits limits) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _head;

    public ReadOnlyMemory<byte> Head
    {
        init => _head = value;
    }

    /// <summary>More bytes are an error.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>The compressed bytes that the rest is made of; null when it is the file itself.</summary>
    public InputStream? Compressed { get; init; }

    /// <summary>Bytes that have been read.</summary>
    public long Count { get; private set; }

    private bool IsBomb =>
        Count > limits.RatioFromBytes && Compressed is { } source && source.Count < Count / limits.Ratio;

    public override int Read(Span<byte> buffer)
    {
        var count = _head.IsEmpty ? ReadRest(buffer) : ReadHead(buffer);
        Count += count;
        return Count > MaxBytes || IsBomb ? throw TooLong() : count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            rest.Dispose();
        }

        base.Dispose(disposing);
    }

    private int ReadHead(Span<byte> buffer)
    {
        var count = Math.Min(_head.Length, buffer.Length);
        _head.Span[..count].CopyTo(buffer);
        _head = _head[count..];
        return count;
    }

    private int ReadRest(Span<byte> buffer)
    {
        try
        {
            return rest.Read(buffer);
        }
        catch (Exception error)
            when (Compressed is not null && error is not (UserErrorException or OutOfMemoryException))
        {
            // Libraries fail in many ways at damaged data; what goes wrong with the file itself is a UserErrorException already.
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

    private UserErrorException TooLong() =>
        Count > MaxBytes
            ? new($"{path}: has more than {ReadLimits.Size(MaxBytes)}; allowed: less{limits.Hint}")
            : new(
                FormattableString.Invariant(
                    $"{path}: a byte of it becomes more than {limits.Ratio} bytes when it is decompressed; allowed: fewer{limits.Hint}, or the file decompressed"
                )
            );
}
