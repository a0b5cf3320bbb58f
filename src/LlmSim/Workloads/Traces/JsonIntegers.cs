using System.Runtime.Intrinsics;

namespace LlmSim.Workloads.Traces;

/// <summary>Checks lists of whole numbers, which most of a trace consists of, many bytes at a time.</summary>
internal static class JsonIntegers
{
    /// <summary>
    /// Whether the bytes from <paramref name="start" /> up to <paramref name="end" /> are whole numbers without a sign, separated by a
    /// comma or a comma and a space. False says nothing: other spellings are left to a parser.
    /// </summary>
    public static bool IsList(ReadOnlySpan<byte> line, int start, int end)
    {
        const int Width = 64;
        if (start >= end || !char.IsAsciiDigit((char)line[end - 1]))
        {
            return false;
        }

        // What the byte before a block was; before a list nothing is, as after a comma and its space.
        var (digit, comma, leadingZero) = (0ul, 1ul, 0ul);
        var wrong = 0ul;
        for (; start < end; start += Width)
        {
            // The last block ends with the line, which may be short.
            var isWhole = line.Length - start >= Width;
            var block = isWhole ? Vector512.Create(line.Slice(start, Width)) : Last(line[start..]);
            var digits = Vector512
                .LessThanOrEqual(block - Vector512.Create((byte)'0'), Vector512.Create((byte)9))
                .ExtractMostSignificantBits();
            var zeros = Bytes(block, '0');
            var commas = Bytes(block, ',');
            var spaces = Bytes(block, ' ');

            var afterDigit = (digits << 1) | digit;
            var leadingZeros = zeros & ~afterDigit;
            var wrongHere =
                ~(digits | (commas & afterDigit) | (spaces & ((commas << 1) | comma)))
                | (digits & ((leadingZeros << 1) | leadingZero));
            wrong |= end - start >= Width ? wrongHere : wrongHere & ((1ul << (end - start)) - 1);
            (digit, comma, leadingZero) = (digits >> 63, commas >> 63, leadingZeros >> 63);
        }

        return wrong == 0;
    }

    private static ulong Bytes(Vector512<byte> block, char character) =>
        Vector512.Equals(block, Vector512.Create((byte)character)).ExtractMostSignificantBits();

    private static Vector512<byte> Last(ReadOnlySpan<byte> rest)
    {
        Span<byte> block = stackalloc byte[Vector512<byte>.Count];
        block.Clear();
        rest.CopyTo(block);
        return Vector512.Create<byte>(block);
    }
}
