using System.Text.Unicode;

namespace LlmSim.Input;

/// <summary>The content of a document that is read as a whole: a text in UTF-8, of a limited size.</summary>
internal static class Utf8Document
{
    private const int FirstBytes = 1 << 14;

    /// <summary>The bytes of the text, without a mark at its beginning.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="largestBytes">How large it may be.</param>
    /// <param name="expected">What it should be, for messages.</param>
    /// <exception cref="UserErrorException">It is larger, or not in UTF-8.</exception>
    public static ReadOnlyMemory<byte> Read(Stream stream, string source, int largestBytes, string expected)
    {
        var content = ReadBytes(stream, source, largestBytes, expected);
        if (!Utf8.IsValid(content.Span))
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"{source}:{FirstInvalidLine(content.Span)}: not a text in UTF-8; {expected} is expected."
                )
            );
        }

        return content.Span.StartsWith("\uFEFF"u8) ? content[3..] : content;
    }

    /// <summary>All that a stream has. Memory for it grows with what was read, never beyond twice the limit.</summary>
    private static ReadOnlyMemory<byte> ReadBytes(
        Stream stream,
        string source,
        int largestBytes,
        string expected
    )
    {
        var content = new byte[Math.Min(FirstBytes, largestBytes + 1)];
        var length = 0;
        while (stream.Read(content.AsSpan(length)) is > 0 and var count)
        {
            length += count;
            if (length > largestBytes)
            {
                throw new UserErrorException(
                    FormattableString.Invariant(
                        $"{source}: larger than {largestBytes >> 20} MiB; {expected} is expected."
                    )
                );
            }

            if (length == content.Length)
            {
                Array.Resize(ref content, (int)Math.Min(2L * content.Length, largestBytes + 1L));
            }
        }

        return content.AsMemory(0, length);
    }

    private static int FirstInvalidLine(ReadOnlySpan<byte> text)
    {
        var line = 1;
        foreach (var range in text.Split((byte)'\n'))
        {
            if (!Utf8.IsValid(text[range]))
            {
                break;
            }

            line++;
        }

        return line;
    }
}
