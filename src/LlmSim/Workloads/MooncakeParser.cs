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
    private const string AllowedTime = "a number from 0 to 9.2e12 (milliseconds)";
    private const string AllowedTimeNs = "an integer from 0 to 9.2e18 (nanoseconds)";
    private const string AllowedHashIds = "an array of integers that fit 32 bits";
    private const decimal NanosecondsPerMillisecond = 1_000_000;

    private readonly List<int> _hashIds = [];

    /// <summary>The known field that is being read, for errors; empty between fields and in unknown ones.</summary>
    private string _field = "";

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
            throw lines.Error(
                _field,
                Token(lines.Line[column..]),
                $"a JSON object; not JSON from column {column + 1}"
            );
        }
    }

    private RequestSpec ParseObject(LineReader lines)
    {
        var json = new Utf8JsonReader(lines.Line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw lines.Error("", lines.Line, "one JSON object a line");
        }

        SimTime? arrival = null;
        var (inputTokens, outputTokens) = (0, 0);
        int[]? hashIds = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
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
        }

        json.Read(); // Throws when something follows the object.
        return new RequestSpec(
            Id: 0,
            arrival ?? throw Missing(lines, Timestamp),
            inputTokens > 0 ? inputTokens : throw Missing(lines, InputLength),
            outputTokens > 0 ? outputTokens : throw Missing(lines, OutputLength),
            hashIds
        );
    }

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
                : throw Wrong(ref json, lines, AllowedTimeNs);
        }

        // Decimal, because a fraction of a millisecond should come out as the nanoseconds that were written.
        return
            isNumber
            && json.TryGetDecimal(out var milliseconds)
            && milliseconds is >= 0 and <= long.MaxValue / NanosecondsPerMillisecond
            ? new SimTime((long)decimal.Round(milliseconds * NanosecondsPerMillisecond))
            : throw Wrong(ref json, lines, AllowedTime);
    }

    private int ParseLength(ref Utf8JsonReader json, LineReader lines) =>
        json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var length) && length > 0
            ? length
            : throw Wrong(ref json, lines, ITraceParser.AllowedLength);

    private int[] ParseHashIds(ref Utf8JsonReader json, LineReader lines)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong(ref json, lines, AllowedHashIds);
        }

        _hashIds.Clear();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            _hashIds.Add(
                json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var id)
                    ? id
                    : throw Wrong(ref json, lines, AllowedHashIds)
            );
        }

        return [.. _hashIds];
    }

    private UserErrorException Wrong(ref Utf8JsonReader json, LineReader lines, string allowed)
    {
        var quotes = json.TokenType == JsonTokenType.String ? 2 : 0;
        var found = lines.Line.Slice((int)json.TokenStartIndex, json.ValueSpan.Length + quotes);
        return lines.Error(_field, found, allowed);
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
