using ZstdSharp;

namespace LlmSim.Distributed;

/// <summary>The file of a point, compressed for its way to the sweep.</summary>
/// <param name="Name">What it is called on the server.</param>
/// <param name="Content">What it is, from its beginning; on the disk, since it may be large.</param>
internal sealed record PackedFile(string Name, FileStream Content) : IDisposable
{
    /// <summary>A worker has better things to do than to look for the last byte.</summary>
    private const int Level = 1;

    /// <summary>Compresses a file, and deletes it.</summary>
    public static PackedFile Of(string path, string name)
    {
        var packed = new FileStream(
            path + ".packed",
            FileMode.Create,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 1 << 16,
            FileOptions.DeleteOnClose
        );
        using (var compression = new CompressionStream(packed, Level, leaveOpen: true))
        using (var file = File.OpenRead(path))
        {
            file.CopyTo(compression);
        }

        File.Delete(path);
        packed.Position = 0;
        return new PackedFile(name, packed);
    }

    /// <summary>Writes what was compressed.</summary>
    /// <exception cref="ZstdException">It is damaged.</exception>
    /// <exception cref="EndOfStreamException">It is not whole.</exception>
    public static void Unpack(Stream packed, Stream file)
    {
        using var decompression = new DecompressionStream(packed, leaveOpen: true);
        decompression.CopyTo(file);
    }

    public void Dispose() => Content.Dispose();
}
