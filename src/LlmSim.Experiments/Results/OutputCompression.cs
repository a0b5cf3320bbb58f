using System.IO.Compression;
using ZstdSharp;

namespace LlmSim.Experiments.Results;

/// <summary>Compression of an output by the extension of its name.</summary>
internal static class OutputCompression
{
    /// <summary>Opens a stream that compresses into another, which stays open; null for a name that asks for none.</summary>
    /// <param name="path">A name that ends with .gz, .zst or neither.</param>
    public static Func<Stream, Stream>? Of(string path) =>
        Path.GetExtension(path) switch
        {
            ".gz" => stream => new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true),
            ".zst" => stream => new CompressionStream(stream, leaveOpen: true),
            _ => null,
        };

    /// <summary>Compresses a stream into another, which stays open, as fast as it can be.</summary>
    public static void Pack(Stream from, Stream to)
    {
        using var compression = new CompressionStream(to, level: 1, leaveOpen: true);
        from.CopyTo(compression);
    }

    /// <summary>Writes what was compressed so; false where it is damaged or not whole.</summary>
    public static bool Unpack(Stream from, Stream to)
    {
        try
        {
            using var decompression = new DecompressionStream(from, leaveOpen: true);
            decompression.CopyTo(to);
            return true;
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            return false;
        }
    }
}
