using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace LlmSim.Workloads.Traces;

/// <content>What is text, and how errors show it.</content>
internal sealed partial class LineReader
{
    private const int MaxFoundCharacters = 60;

    /// <summary>Whether all that has been read is ASCII, so that no record needs a look.</summary>
    private bool _isAscii = true;

    /// <summary>Fails when the current record is not UTF-8.</summary>
    /// <exception cref="UserErrorException">It is something else; the message says where.</exception>
    public void RequireUtf8()
    {
        if (!_isAscii && !Utf8.IsValid(RawLine))
        {
            throw Error("", NotUtf8(RawLine, out _));
        }
    }

    /// <summary>The beginning of a text, as errors show it.</summary>
    public static string Excerpt(ReadOnlySpan<byte> found)
    {
        var text = Encoding.UTF8.GetString(found[..Math.Min(found.Length, 4 * MaxFoundCharacters)]);
        return text.Length switch
        {
            0 => "nothing",
            <= MaxFoundCharacters => text,
            _ => string.Concat(text.AsSpan(0, MaxFoundCharacters), "…"),
        };
    }

    /// <summary>What is wrong with a text that is not UTF-8.</summary>
    private static string NotUtf8(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> before)
    {
        var rest = text;
        while (Rune.DecodeFromUtf8(rest, out _, out var length) == OperationStatus.Done)
        {
            rest = rest[length..];
        }

        before = text[..^rest.Length];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"found the byte 0x{rest[0]:X2} after '{Ending(before)}'; allowed: UTF-8"
        );
    }

    private static string Ending(ReadOnlySpan<byte> text)
    {
        var shown = Encoding.UTF8.GetString(text[Math.Max(0, text.Length - MaxFoundCharacters)..]);
        return shown[Math.Max(0, shown.Length - (MaxFoundCharacters / 3))..].Replace('\n', ' ');
    }

    private void Inspect(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.ContainsAnyExceptInRange((byte)'\t', (byte)0x7F))
        {
            return;
        }

        // Control characters below the tab are in no text file, but soon in any other.
        _isAscii = false;
        if (bytes.ContainsAnyInRange((byte)0, (byte)8))
        {
            throw FileError(
                "looks like a binary file; allowed: UTF-8 text, plain or compressed with gzip or zstd"
            );
        }
    }
}
