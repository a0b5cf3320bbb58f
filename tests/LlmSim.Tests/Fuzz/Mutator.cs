using System.Text;
using LlmSim.Kernel;

namespace LlmSim.Tests.Fuzz;

/// <summary>Damages files: a few changes each, of bits, bytes, lines, and pieces that readers stumble over.</summary>
internal sealed class Mutator(RandomStream random)
{
    private const int MostChanges = 4;

    private static readonly byte[][] s_pieces =
    [
        .. new[]
        {
            "-1",
            "0",
            "1e400",
            "1e-400",
            "9223372036854775808",
            "2147483648",
            "NaN",
            "Infinity",
            "null",
            "true",
            "\"\"",
            "\"",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            ";",
            "\r",
            "\n\n",
            "\t",
            "\0",
            "\u001b[31m",
            "\\ud800",
            "\\u0000",
            "\uFEFF",
            "\u2028",
            "&a ",
            "*a",
            "!!int ",
            "# ",
            "- ",
            "1,000",
            "0x10",
            "١",
            new string('[', 300),
            new string('9', 400),
            new string('x', 5000),
        }.Select(Encoding.UTF8.GetBytes),
        [0xC3, 0x28],
        [0xFF, 0xFE],
    ];

    /// <summary>A damaged copy.</summary>
    public byte[] Damage(byte[] content)
    {
        var bytes = content.ToList();
        for (var changes = 1 + random.Next(MostChanges); changes > 0 && bytes.Count > 0; changes--)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        var at = random.Next(bytes.Count);
        var count = Math.Min(bytes.Count - at, 1 + random.Next(random.Next(2) == 0 ? 4 : 200));
        switch (random.Next(10))
        {
            case 0 or 1:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes[at] = (byte)random.Next(256);
                break;
            case 3:
                bytes.RemoveRange(at, count);
                break;
            case 4:
                bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, count));
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 6:
                var (start, end) = LineAt(bytes, at);
                var line = bytes.GetRange(start, end - start);
                bytes.InsertRange(LineAt(bytes, random.Next(bytes.Count)).Start, line);
                break;
            case 7:
                ReplaceWord(bytes, at, s_pieces[random.Next(s_pieces.Length)]);
                break;
            default:
                bytes.InsertRange(at, s_pieces[random.Next(s_pieces.Length)]);
                break;
        }
    }

    /// <summary>Puts a piece in the place of a number or word: what stands there keeps its separators.</summary>
    private static void ReplaceWord(List<byte> bytes, int at, byte[] piece)
    {
        var (start, end) = (at, at);
        while (start > 0 && IsOfWord(bytes[start - 1]))
        {
            start--;
        }

        while (end < bytes.Count && IsOfWord(bytes[end]))
        {
            end++;
        }

        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, piece);
    }

    private static bool IsOfWord(byte one) =>
        char.IsAsciiLetterOrDigit((char)one) || one is (byte)'.' or (byte)'-';

    private static (int Start, int End) LineAt(List<byte> bytes, int at)
    {
        var start = at == 0 ? 0 : bytes.LastIndexOf((byte)'\n', at - 1) + 1;
        var end = bytes.IndexOf((byte)'\n', at);
        return (start, end < 0 ? bytes.Count : end + 1);
    }
}
