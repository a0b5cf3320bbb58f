using System.Text;
using System.Text.Json;
using LlmSim.Engine;

namespace LlmSim.Workloads.Traces;

/// <summary>JSON objects with the fields of a request, which may lie in nested objects.</summary>
internal sealed class JsonRows : ITraceRows
{
    /// <summary>Objects and arrays within one another; deeper ones are in no log.</summary>
    private const int MaxDepth = 60;

    private static readonly RecordKeys<Node>.FindKey s_findChild = FindChild;

    private readonly LineReader _lines;
    private readonly bool _readHashIds;
    private readonly Node _root = new("");
    private readonly List<long> _hashIds = [];
    private readonly string _input;
    private readonly string _output;

    private readonly RecordKeys<Node> _keys = new();

    private Node? _current;

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
        Add(fields.Arrival, Slot.Arrival);
        Add(fields.Input, Slot.Input);
        Add(fields.Output, Slot.Output);
        Add(fields.HashIds, Slot.HashIds);
    }

    private enum Slot
    {
        None,
        Arrival,
        Input,
        Output,
        HashIds,
    }

    public TraceClock Clock { get; }

    public string ArrivalField { get; }

    private string Allowed =>
        _current?.Slot switch
        {
            Slot.Arrival => Clock.Allowed,
            Slot.Input or Slot.Output => TraceRow.AllowedLength,
            Slot.HashIds => "an array of integers of 64 bits",
            _ => "a JSON object: one a line, or an array of them",
        };

    public bool MoveNext() => _lines.MoveNext();

    public UserErrorException Error(string field, string message) => _lines.Error(field, message);

    public TraceRow Read()
    {
        (_current, _arrival, _inputTokens, _outputTokens, _rowHashIds) = (null, null, 0, 0, null);
        _lines.RequireUtf8();
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
        );
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
        _objects = 0;
        if (!ReadObject(ref json, _root))
        {
            json.Read(); // Throws when something follows the object.
        }
    }

    /// <summary>True when the rest of the record has been read too.</summary>
    private bool ReadObject(ref Utf8JsonReader json, Node? node)
    {
        var number = _objects++;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!_keys.TryAdd(in json, number, node, s_findChild, out _current))
            {
                throw _lines.Error(
                    _current?.Path ?? LineReader.Excerpt(Encoding.UTF8.GetBytes(json.GetString()!)),
                    "is there twice; allowed: once in an object"
                );
            }

            json.Read();
            if (_current?.Slot == Slot.HashIds && !_readHashIds && node == _root && IsRest(in json))
            {
                return true;
            }

            ReadValue(ref json);
            _current = null;
            if (node == _root && _lines.Line[(int)json.BytesConsumed..] is [(byte)'}'])
            {
                return true;
            }
        }

        return false;
    }

    private void ReadValue(ref Utf8JsonReader json)
    {
        if (_current is null || json.TokenType == JsonTokenType.Null)
        {
            ReadUnused(ref json, node: null);
            return;
        }

        switch (_current.Slot)
        {
            case Slot.None:
                ReadUnused(ref json, _current);
                break;
            case Slot.Arrival:
                _arrival = ReadTime(ref json);
                break;
            case Slot.Input:
                _inputTokens = ReadLength(ref json);
                break;
            case Slot.Output:
                _outputTokens = ReadLength(ref json);
                break;
            case Slot.HashIds:
                _rowHashIds = ReadHashIds(ref json);
                break;
        }
    }

    /// <summary>Reads a value for the fields within it, and for what may be wrong with it.</summary>
    private void ReadUnused(ref Utf8JsonReader json, Node? node)
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
            ReadObject(ref json, node);
        }
        else if (json.TokenType == JsonTokenType.StartArray)
        {
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                ReadUnused(ref json, node: null);
            }
        }
    }

    /// <summary>
    /// Whether an array of ids that begins here is the rest of the record. It is checked without a parser: most of a trace is hash
    /// ids, and most of the time would go into them.
    /// </summary>
    private bool IsRest(ref readonly Utf8JsonReader json)
    {
        var line = _lines.Line;
        return json.TokenType == JsonTokenType.StartArray
            && line.EndsWith("]}"u8)
            && JsonIntegers.IsList(line, (int)json.BytesConsumed, line.Length - 2);
    }

    private static Node? FindChild(ref readonly Utf8JsonReader json, Node? owner)
    {
        foreach (var child in owner?.Children ?? [])
        {
            if (json.ValueTextEquals(child.Name))
            {
                return child;
            }
        }

        return null;
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

    /// <summary>
    /// Ids of 64 bits with or without a sign: only whether two are equal matters. Null where they are not asked for.
    /// </summary>
    private long[]? ReadHashIds(ref Utf8JsonReader json)
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

        return _readHashIds ? [.. _hashIds] : null;
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

    private void Add(string? path, Slot slot)
    {
        if (path is null)
        {
            return;
        }

        var node = _root;
        foreach (var name in path.Split('.'))
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            var child = node.Children.Find(known => known.Name.AsSpan().SequenceEqual(bytes));
            if (child is null)
            {
                child = new Node(path) { Name = bytes };
                node.Children.Add(child);
            }

            node = child;
        }

        node.Slot = slot;
    }

    /// <summary>A field that is read, or one on the way to such.</summary>
    private sealed class Node(string path)
    {
        /// <summary>The whole path, for errors.</summary>
        public string Path => path;

        public byte[] Name { get; init; } = [];

        public Slot Slot { get; set; }

        public List<Node> Children { get; } = [];
    }
}
