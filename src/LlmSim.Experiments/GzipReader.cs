using ICSharpCode.SharpZipLib.Checksum;
using ICSharpCode.SharpZipLib.GZip;
using ICSharpCode.SharpZipLib.Zip.Compression;
using ICSharpCode.SharpZipLib.Zip.Compression.Streams;

namespace LlmSim.Experiments;

/// <summary>
/// The content of a gzip file (RFC 1952): of all its members, one after another, and nothing else. The readers of .NET and of
/// SharpZipLib take what is cut off, or follows the last member, for the end.
/// </summary>
internal sealed class GzipReader(Stream source) : ReadOnlyStream
{
    private const int HeaderCrc = 2;
    private const int Extra = 4;
    private const int Name = 8;
    private const int Comment = 16;

    private readonly InflaterInputBuffer _input = new(source, 64 << 10);
    private readonly Inflater _inflater = new(noHeader: true);
    private readonly Crc32 _crc = new();
    private readonly byte[] _output = new byte[64 << 10];
    private bool _isInMember;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
        {
            return 0;
        }

        while (_isInMember || BeginMember())
        {
            var count = _inflater.Inflate(_output, 0, Math.Min(_output.Length, buffer.Length));
            if (count > 0)
            {
                _crc.Update(new ArraySegment<byte>(_output, 0, count));
                _output.AsSpan(0, count).CopyTo(buffer);
                return count;
            }

            if (_inflater.IsFinished)
            {
                EndMember();
            }
            else if (_inflater.IsNeedingInput)
            {
                FillInflater();
            }
            else
            {
                throw new GZipException("it needs a dictionary");
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>False at the end of the file.</summary>
    private bool BeginMember()
    {
        if (_input.Available == 0)
        {
            _input.Fill();
        }

        if (_input.Available == 0)
        {
            return false;
        }

        if (Byte() != 0x1F || Byte() != 0x8B || Byte() != Deflater.DEFLATED)
        {
            throw new GZipException("something else than gzip follows");
        }

        var flags = Byte();
        Skip(6); // Time, hint of the compressor, system.
        if ((flags & Extra) != 0)
        {
            Skip(Byte() | (Byte() << 8));
        }

        foreach (var text in new[] { Name, Comment })
        {
            while ((flags & text) != 0 && Byte() != 0) { }
        }

        if ((flags & HeaderCrc) != 0)
        {
            Skip(2);
        }

        _isInMember = true;
        _inflater.Reset();
        _crc.Reset();
        FillInflater();
        return true;
    }

    private void EndMember()
    {
        _isInMember = false;
        _input.Available += _inflater.RemainingInput;
        if (Word() != (uint)_crc.Value || Word() != (uint)_inflater.TotalOut)
        {
            throw new GZipException("its checksum is another");
        }
    }

    private void FillInflater()
    {
        if (_input.Available == 0)
        {
            _input.Fill();
        }

        if (_input.Available == 0)
        {
            throw new EndOfStreamException("it ends within a member");
        }

        _input.SetInflaterInput(_inflater);
    }

    private uint Word() => (uint)(Byte() | (Byte() << 8) | (Byte() << 16) | (Byte() << 24));

    private void Skip(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _ = Byte();
        }
    }

    /// <summary>The next byte; the end of the file is an error.</summary>
    private int Byte() => _input.ReadLeByte();
}
