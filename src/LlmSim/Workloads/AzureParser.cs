using System.Buffers.Text;
using System.Globalization;
using System.Text;
using LlmSim.Engine;

namespace LlmSim.Workloads;

/// <summary>Lines of <see cref="TraceFormat.Azure" />, the times relative to the first line.</summary>
internal sealed class AzureParser : ITraceParser
{
    internal const string Header = "TIMESTAMP,ContextTokens,GeneratedTokens";

    private const string AllowedTime =
        "a time such as 2023-11-16 18:15:46.6805900 or 2024-05-10 00:00:00.009930+00:00, of the years 1970 to 2199";
    private const int MaxTimeCharacters = 40;
    private const long NanosecondsPerTick = 100;

    private static readonly string[] s_columns = Header.Split(',');

    // The years' two forms; a second without fraction is allowed in both.
    private static readonly string[] s_timeFormats =
    [
        "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        "yyyy-MM-dd HH:mm:ss.FFFFFFFzzz",
    ];

    private readonly int[] _columnIndices;
    private DateTimeOffset? _first;

    /// <summary>A parser for the columns of the header, which is the reader's current line.</summary>
    public AzureParser(LineReader lines)
    {
        var names = Encoding.UTF8.GetString(lines.Line).Split(',', StringSplitOptions.TrimEntries);
        _columnIndices =
        [
            .. s_columns.Select(column =>
                Array.FindIndex(names, name => name.Equals(column, StringComparison.OrdinalIgnoreCase))
            ),
        ];
        var missing = Array.IndexOf(_columnIndices, -1);
        if (missing >= 0)
        {
            throw lines.Error(s_columns[missing], $"no such column; allowed: a header with {Header}");
        }
    }

    public static bool IsHeader(ReadOnlySpan<byte> line) =>
        Encoding.UTF8.GetString(line).Contains(s_columns[0], StringComparison.OrdinalIgnoreCase);

    public RequestSpec Parse(LineReader lines)
    {
        var time = ParseTime(lines);
        _first ??= time;
        return new RequestSpec(
            Id: 0,
            new SimTime((time - _first.Value).Ticks * NanosecondsPerTick),
            ParseLength(lines, 1),
            ParseLength(lines, 2)
        );
    }

    private DateTimeOffset ParseTime(LineReader lines)
    {
        var field = Field(lines, 0);
        Span<char> text = stackalloc char[MaxTimeCharacters];
        return
            field.Length <= MaxTimeCharacters
            && DateTimeOffset.TryParseExact(
                text[..Encoding.Latin1.GetChars(field, text)],
                s_timeFormats,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out var time
            )
            && time.Year is >= 1970 and < 2200 // Any two of these are within the range of the simulated clock.
            ? time
            : throw lines.Error(s_columns[0], field, AllowedTime);
    }

    private int ParseLength(LineReader lines, int column)
    {
        var field = Field(lines, column);
        return
            Utf8Parser.TryParse(field, out int length, out var consumed)
            && consumed == field.Length
            && length > 0
            ? length
            : throw lines.Error(s_columns[column], field, ITraceParser.AllowedLength);
    }

    private ReadOnlySpan<byte> Field(LineReader lines, int column)
    {
        var rest = lines.Line;
        for (var i = _columnIndices[column]; i > 0; i--)
        {
            var comma = rest.IndexOf((byte)',');
            rest = comma < 0 ? [] : rest[(comma + 1)..];
        }

        var end = rest.IndexOf((byte)',');
        return (end < 0 ? rest : rest[..end]).Trim(" \t"u8);
    }
}
