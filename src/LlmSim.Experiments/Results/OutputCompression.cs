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
}
