using System.Text.Json;
using LlmSim.Engine;

namespace LlmSim.Workloads;

/// <summary>Lines of <see cref="TraceFormat.Mooncake" />.</summary>
internal sealed class MooncakeParser(bool readHashIds) : ITraceParser
{
    private const string Timestamp = "timestamp";
    private const string TimestampNs = "timestamp_ns";
    private const string InputLength = "input_length";
    private const string OutputLength = "output_length";
    private const string HashIds = "hash_ids";
    private const decimal NanosecondsPerMillisecond = 1_000_000;

    private readonly List<int> _hashIds = [];

    /// <summary>The known field that is being read, for errors; empty between fields and in unknown ones.</summary>
    private string _field = "";

    private string Allowed =>
        _field switch
        {
            Timestamp => "a number from 0 to 9.2e12 (milliseconds)",
            TimestampNs => "an integer from 0 to 9.2e18 (nanoseconds)",
            InputLength or OutputLength => ITraceParser.AllowedLength,
            HashIds => "an array of integers that fit 32 bits",
            _ => "one JSON object a line",
        };

    public RequestSpec Parse(LineReader lines)
    {
        _field = "";
        try
        {
            return ParseObject(lines);
        }
        catch (JsonException error)
        {
            var column = (int)Math.Min(error.BytePositionInLine ?? 0, lines.Line.Length);
            var allowed = FormattableString.Invariant(
                $"{Allowed} (this is not JSON from column {column + 1})"
            );
            throw lines.Error(_field, Token(lines.Line[column..]), allowed);
        }
    }

    private RequestSpec ParseObject(LineReader lines)
    {
        var json = new Utf8JsonReader(lines.Line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw lines.Error("", lines.Line, Allowed);
        }

        SimTime? arrival = null;
        var (inputTokens, outputTokens) = (0, 0);
        int[]? hashIds = null;
        var isDone = false;
        while (!isDone && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            _field = KnownField(ref json);
            json.Read();
            switch (_field)
            {
                case Timestamp or TimestampNs:
                    arrival = ParseTime(ref json, lines);
                    break;
                case InputLength:
                    inputTokens = ParseLength(ref json, lines);
                    break;
                case OutputLength:
                    outputTokens = ParseLength(ref json, lines);
                    break;
                case HashIds when readHashIds:
                    hashIds = ParseHashIds(ref json, lines);
                    break;
                default:
                    json.Skip();
                    break;
            }

            _field = "";
            var isComplete = arrival is not null && inputTokens > 0 && outputTokens > 0;
            isDone = isComplete && !readHashIds && IsEndOfObject(lines.Line[(int)json.BytesConsumed..]);
        }

        if (!isDone)
        {
            json.Read(); // Throws when something follows the object.
        }

        return new RequestSpec(
            Id: 0,
            arrival ?? throw Missing(lines, Timestamp),
            inputTokens > 0 ? inputTokens : throw Missing(lines, InputLength),
            outputTokens > 0 ? outputTokens : throw Missing(lines, OutputLength),
            hashIds
        );
    }

    /// <summary>
    /// Whether the rest of a line surely closes its object and opens no other. Then it need not be parsed: most of a trace is
    /// hash ids, and most of the time would go into them.
    /// </summary>
    private static bool IsEndOfObject(ReadOnlySpan<byte> rest) =>
        !rest.IsEmpty && rest.IndexOf((byte)'}') == rest.Length - 1;

    private static string KnownField(ref Utf8JsonReader json) =>
        json.ValueTextEquals("timestamp"u8) ? Timestamp
        : json.ValueTextEquals("input_length"u8) ? InputLength
        : json.ValueTextEquals("output_length"u8) ? OutputLength
        : json.ValueTextEquals("hash_ids"u8) ? HashIds
        : json.ValueTextEquals("timestamp_ns"u8) ? TimestampNs
        : "";

    private SimTime ParseTime(ref Utf8JsonReader json, LineReader lines)
    {
        var isNumber = json.TokenType == JsonTokenType.Number;
        if (_field == TimestampNs)
        {
            return isNumber && json.TryGetInt64(out var nanoseconds) && nanoseconds >= 0
                ? new SimTime(nanoseconds)
                : throw Wrong(ref json, lines);
        }

        // Decimal, because a fraction of a millisecond should come out as the nanoseconds that were written.
        return
            isNumber
            && json.TryGetDecimal(out var milliseconds)
            && milliseconds is >= 0 and <= long.MaxValue / NanosecondsPerMillisecond
            ? new SimTime((long)decimal.Round(milliseconds * NanosecondsPerMillisecond))
            : throw Wrong(ref json, lines);
    }

    private int ParseLength(ref Utf8JsonReader json, LineReader lines) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var length) && length > 0
            ? length
            : throw Wrong(ref json, lines);

    private int[] ParseHashIds(ref Utf8JsonReader json, LineReader lines)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong(ref json, lines);
        }

        _hashIds.Clear();
        var isDone = false;
        while (!isDone && json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            _hashIds.Add(
                json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var id)
                    ? id
                    : throw Wrong(ref json, lines)
            );
        }

        return [.. _hashIds];
    }

    private UserErrorException Wrong(ref Utf8JsonReader json, LineReader lines)
    {
        var quotes = json.TokenType == JsonTokenType.String ? 2 : 0;
        var found = lines.Line.Slice((int)json.TokenStartIndex, json.ValueSpan.Length + quotes);
        return lines.Error(_field, found, Allowed);
    }

    private static UserErrorException Missing(LineReader lines, string field) =>
        lines.Error(field, $"missing; allowed: an object with {Timestamp}, {InputLength} and {OutputLength}");

    /// <summary>The text up to the next delimiter of JSON.</summary>
    private static ReadOnlySpan<byte> Token(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny(",}] "u8);
        return end > 0 ? text[..end] : text;
    }
}
