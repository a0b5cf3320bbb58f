using System.Buffers.Text;
using System.Security.Cryptography;

namespace LlmSim.Distributed;

/// <summary>SHA-256 in hexadecimal digits.</summary>
internal static class ContentHash
{
    private const string DigestPrefix = "SHA-256=";

    public static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string Of(Stream content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The hash that the server states of an object; null where it states none.</summary>
    public static string? OfDigest(string? digest) =>
        digest?.StartsWith(DigestPrefix, StringComparison.Ordinal) == true
        && Base64Url.IsValid(digest.AsSpan(DigestPrefix.Length))
            ? Convert.ToHexStringLower(Base64Url.DecodeFromChars(digest.AsSpan(DigestPrefix.Length)))
            : null;

    /// <summary>Whether a text is such a hash: it becomes the name of a file.</summary>
    public static bool IsHash(string text) =>
        text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigitLower);
}
