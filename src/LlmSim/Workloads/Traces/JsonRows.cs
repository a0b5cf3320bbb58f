using System.Text;
using System.Text.Json;
using LlmSim.Kernel;

namespace LlmSim.Workloads.Traces;

/// <summary>JSON objects with the fields of a request, which may lie in nested objects.</summary>
internal sealed partial class JsonRows : ITraceRows
{
    /// <summary>Objects and arrays within one another; deeper ones are in no log.</summary>
    private const int MaxDepth = 60;

    private static readonly RecordKeys<JsonField>.FindKey s_find = JsonField.Find;

    private readonly LineReader _lines;
    private readonly bool _readHashIds;

    /// <summary>Reads who sends a request; null when no column says it.</summary>
    private readonly OriginReader? _origin;
    private readonly JsonField _root;
    private readonly JsonTemplate _template = new();
    private readonly List<long> _hashIds = [];
    private readonly string _input;
    private readonly string _output;
    private readonly RecordKeys<JsonField> _keys = new();

    private JsonField? _current;

    /// <summary>Objects of the record that have begun.</summary>
    private int _objects;
    private SimTime? _arrival;
    private int _inputTokens;
    private int _outputTokens;
    private long[]? _rowHashIds;

    public JsonRows(LineReader lines, TraceFields fields, TraceClock clock, bool readHashIds)
    {
        (_lines, _readHashIds, Clock) = (lines, readHashIds, clock);
        (ArrivalField, _input, _output) = (fields.Arrival ?? "", fields.Input, fields.Output);
        _origin = fields.Origin is null ? null : new OriginReader(lines, fields.Origin);
        _root = JsonField.Root(fields);
    }

    public TraceClock Clock { get; }

    public string ArrivalField { get; }

    private string Allowed =>
        _current?.Slot switch
        {
            JsonSlot.Arrival => Clock.Allowed,
            JsonSlot.Input or JsonSlot.Output => TraceRow.AllowedLength,
            JsonSlot.HashIds => "an array of integers of 64 bits",
            _ => "a JSON object: one a line, or an array of them",
        };

    public bool MoveNext() => _lines.MoveNext();

    public UserErrorException Error(string field, string message) => _lines.Error(field, message);

    public TraceRow Read()
    {
        (_current, _arrival, _inputTokens, _outputTokens, _rowHashIds) = (null, null, 0, 0, null);
        _lines.RequireUtf8();
        _origin?.Clear();
        if (!_readHashIds && _origin is null && TryReadPlain())
        {
            return new TraceRow(_arrival, _inputTokens, _outputTokens);
        }

        try
        {
            ReadRecord();
        }
        catch (JsonException error)
        {
            var column = (int)Math.Min(error.BytePositionInLine ?? 0, _lines.Line.Length);
            var allowed = FormattableString.Invariant(
                $"{Allowed} (this is not JSON from column {column + 1})"
            );
            throw _lines.Error(_current?.Path ?? "", Token(_lines.Line[column..]), allowed);
        }
        catch (InvalidOperationException)
        {
            throw _lines.Error(_current?.Path ?? "", "an escape such as \\ud800 is half a character");
        }

        return new TraceRow(
            _arrival,
            _inputTokens > 0 ? _inputTokens : throw Missing(_input),
            _outputTokens > 0 ? _outputTokens : throw Missing(_output),
            _rowHashIds
        )
        {
            More = _origin?.More(),
        };
    }

    private void ReadRecord()
    {
        var json = new Utf8JsonReader(_lines.Line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw _lines.Error("", _lines.Line, Allowed);
        }

        _keys.Clear();
        _template.Forget();
        _objects = 0;
        ReadObject(ref json, _root);
        json.Read(); // Throws when something follows the object.
        if (!_readHashIds && _origin is null)
        {
            _template.Learn(_lines.Line);
        }
    }

    private void ReadObject(ref Utf8JsonReader json, JsonField? field)
    {
        var number = _objects++;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!_keys.TryAdd(in json, number, field, s_find, out _current))
            {
                throw _lines.Error(
                    _current?.Path ?? LineReader.Excerpt(Encoding.UTF8.GetBytes(json.GetString()!)),
                    "is there twice; allowed: once in an object"
                );
            }

            json.Read();
            var (start, slot) = ((int)json.TokenStartIndex, _current?.Slot ?? JsonSlot.None);
            ReadValue(ref json);
            _current = null;
            if (field == _root)
            {
                _template.Note(start, (int)json.BytesConsumed, slot);
            }
        }
    }

    private void ReadValue(ref Utf8JsonReader json)
    {
        if (_current is null || json.TokenType == JsonTokenType.Null)
        {
            ReadUnused(ref json, field: null);
            return;
        }

        switch (_current.Slot)
        {
            case JsonSlot.None:
                ReadUnused(ref json, _current);
                break;
            case JsonSlot.Arrival:
                _arrival = ReadTime(ref json);
                break;
            case JsonSlot.Input:
                _inputTokens = ReadLength(ref json);
                break;
            case JsonSlot.Output:
                _outputTokens = ReadLength(ref json);
                break;
            case JsonSlot.HashIds when _readHashIds:
                _rowHashIds = ReadHashIds(ref json);
                break;
            case JsonSlot.Class
            or JsonSlot.Tenant
            or JsonSlot.Model
            or JsonSlot.Priority
            or JsonSlot.Deadline
            or JsonSlot.Adapter
            or JsonSlot.Schema
            or JsonSlot.Thinking
            or JsonSlot.Images
            or JsonSlot.Videos
            or JsonSlot.Audio:
                _origin!.Set(_current.Slot, Scalar(ref json));
                break;
            default:
                ReadUnused(ref json, field: null);
                break;
        }
    }

    /// <summary>Reads a value for the fields within it, and for what may be wrong with it.</summary>
    private void ReadUnused(ref Utf8JsonReader json, JsonField? field)
    {
        if (json.CurrentDepth > MaxDepth)
        {
            throw _lines.Error(
                _current?.Path ?? "",
                FormattableString.Invariant($"has values more than {MaxDepth} deep; allowed: fewer")
            );
        }

        if (json.TokenType == JsonTokenType.StartObject)
        {
            ReadObject(ref json, field);
        }
        else if (json.TokenType == JsonTokenType.StartArray)
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                ReadUnused(ref json, field: null);
            }
        }
    }

    private SimTime ReadTime(ref Utf8JsonReader json)
    {
        SimTime time = default;
        var isTime = json.TokenType switch
        {
            JsonTokenType.Number when json.TryGetInt64(out var whole) => Clock.TryRead(whole, out time),
            JsonTokenType.Number => json.TryGetDecimal(out var number) && Clock.TryRead(number, out time),
            JsonTokenType.String => Clock.TryRead(
                json.ValueIsEscaped ? Encoding.UTF8.GetBytes(json.GetString()!) : json.ValueSpan,
                out time
            ),
            _ => false,
        };
        return isTime ? time : throw Wrong(ref json);
    }

    private int ReadLength(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.Number)
        {
            throw Wrong(ref json);
        }

        if (json.TryGetInt32(out var tokens) && tokens > 0)
        {
            return tokens;
        }

        return json.TryGetDecimal(out var number) && TraceRow.TryLength(number, out tokens)
            ? tokens
            : throw Wrong(ref json);
    }

    private static string? Scalar(ref Utf8JsonReader json) =>
        json.TokenType switch
        {
            JsonTokenType.String => json.GetString(),
            JsonTokenType.Number => Encoding.UTF8.GetString(json.ValueSpan),
            _ => null,
        };

    /// <summary>Ids of 64 bits with or without a sign: only whether two are equal matters.</summary>
    private long[] ReadHashIds(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong(ref json);
        }

        _hashIds.Clear();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number)
            {
                throw Wrong(ref json);
            }

            _hashIds.Add(
                json.TryGetInt64(out var id) ? id
                : json.TryGetUInt64(out var unsigned) ? unchecked((long)unsigned)
                : throw Wrong(ref json)
            );
        }

        return [.. _hashIds];
    }

    private UserErrorException Wrong(ref Utf8JsonReader json)
    {
        var quotes = json.TokenType == JsonTokenType.String ? 2 : 0;
        var found = _lines.Line.Slice((int)json.TokenStartIndex, json.ValueSpan.Length + quotes);
        return _lines.Error(_current!.Path, found, Allowed);
    }

    private UserErrorException Missing(string field) =>
        _lines.Error(
            field,
            $"missing; allowed: an object with {string.Join(", ", new[] { ArrivalField, _input }.Where(f => f.Length > 0))} and {_output} ({TraceRow.SkipHint})"
        );

    /// <summary>The text up to the next delimiter of JSON.</summary>
    private static ReadOnlySpan<byte> Token(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAny(",}] "u8);
        return end > 0 ? text[..end] : text;
    }
}
