namespace LlmSim.Performance.Catalog;

/// <summary>
/// JSON as Python writes it: numbers that are not finite stand there as NaN, Infinity and -Infinity, which JSON does not
/// know.
/// </summary>
internal static class PythonJson
{
    /// <summary>The same text with those words as strings, on the same lines.</summary>
    public static ReadOnlyMemory<byte> Quoted(ReadOnlySpan<byte> text)
    {
        using var quoted = new MemoryStream(text.Length + 256);
        var position = 0;
        while (position < text.Length)
        {
            var length = text[position] == '"' ? StringLength(text[position..]) : Word(text[position..]);
            if (length > 0 && text[position] != '"')
            {
                quoted.WriteByte((byte)'"');
                quoted.Write(text.Slice(position, length));
                quoted.WriteByte((byte)'"');
            }
            else
            {
                length = Math.Max(1, length);
                quoted.Write(text.Slice(position, length));
            }

            position += length;
        }

        return quoted.ToArray();
    }

    /// <summary>Bytes of a string with its quotes; an open one reaches to the end.</summary>
    private static int StringLength(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case (byte)'\\':
                    i++;
                    break;
                case (byte)'"':
                    return i + 1;
                default:
                    break;
            }
        }

        return text.Length;
    }

    /// <summary>Bytes of the word that the text begins with; 0 for another text.</summary>
    private static int Word(ReadOnlySpan<byte> text) =>
        text.StartsWith("NaN"u8) ? 3
        : text.StartsWith("Infinity"u8) ? 8
        : text.StartsWith("-Infinity"u8) ? 9
        : 0;
}
