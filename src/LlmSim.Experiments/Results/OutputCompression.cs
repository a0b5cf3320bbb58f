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

    /// <summary>A stream that compresses into another, which stays open, as fast as can be.</summary>
    public static Stream Fast(Stream to) => new CompressionStream(to, level: 1, leaveOpen: true);

    /// <summary>A stream of what another one, which stays open, has compressed so.</summary>
    public static Stream Unpacked(Stream from) => new DecompressionStream(from, leaveOpen: true);

    /// <summary>Whether such a stream has failed because what it reads is damaged or not whole.</summary>
    public static bool IsDamage(Exception e) => e is ZstdException or EndOfStreamException;
}
