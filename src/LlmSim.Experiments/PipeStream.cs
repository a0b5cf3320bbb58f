namespace LlmSim.Experiments;

/// <summary>
/// Reads a pipe or a device on another thread, so that one which stays silent ends with an error and not with a process that waits
/// for ever.
/// </summary>
internal sealed class PipeStream : ReadOnlyStream
{
    private readonly string _path;
    private readonly TimeSpan _silence;
    private readonly string _hint;
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly Stream _pipe;
    private ReadOnlyMemory<byte> _pending;

    /// <summary>Opens a pipe, which waits for somebody who writes to it.</summary>
    /// <param name="path">The pipe.</param>
    /// <param name="silence">How long to wait, for that and later for bytes.</param>
    /// <param name="hint">How to wait longer, for errors.</param>
    /// <exception cref="UserErrorException">Nobody writes to it.</exception>
    public PipeStream(string path, TimeSpan silence, string hint)
    {
        (_path, _silence, _hint) = (path, silence, hint);
        _pipe = Await(
            () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1),
            "nobody has opened this pipe to write"
        );
    }

    public override int Read(Span<byte> buffer)
    {
        if (_pending.IsEmpty)
        {
            var read = Await(() => _pipe.Read(_buffer), "nothing has come from this pipe");
            _pending = _buffer.AsMemory(0, read);
        }

        var count = Math.Min(_pending.Length, buffer.Length);
        _pending.Span[..count].CopyTo(buffer);
        _pending = _pending[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pipe.Dispose();
        }

        base.Dispose(disposing);
    }

    private T Await<T>(Func<T> call, string failure)
    {
        var task = Task.Run(call);
        return Task.WaitAny([task], _silence) == 0
            ? task.GetAwaiter().GetResult()
            : throw new UserErrorException(
                FormattableString.Invariant(
                    $"{_path}: {failure} for {_silence.TotalSeconds} s; allowed: a file, or a pipe that is written to{_hint}"
                )
            );
    }
}
