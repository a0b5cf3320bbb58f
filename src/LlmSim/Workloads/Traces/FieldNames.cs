using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>The names of the fields of a trace's first record; those within JSON objects with dots.</summary>
internal sealed class FieldNames(IEnumerable<string> names, StringComparer comparer)
{
    private const int MaxShown = 12;

    private readonly List<string> _names = [.. names];

    public bool IsEmpty => _names.Count == 0;

    public bool Contains(string name) => _names.Contains(name, comparer);

    public bool Has(IEnumerable<string> anyOf) => anyOf.Any(Contains);

    /// <summary>The first of some names that is there; else, so that an error can name it, the first.</summary>
    public string? Resolve(IReadOnlyList<string> anyOf) =>
        anyOf.FirstOrDefault(Contains) ?? (anyOf.Count > 0 ? anyOf[0] : null);

    public string Suggestion(string name) => Input.Suggestion.For(name, _names);

    public override string ToString() =>
        string.Join(", ", _names.Take(MaxShown)) + (_names.Count > MaxShown ? ", …" : "");
}

/// <summary>The beginning of a file of JSON: the names in its first record, and how records are told apart.</summary>
internal sealed class JsonHead
{
    private readonly List<string> _names = [];

    public JsonHead(ReadOnlySpan<byte> head)
    {
        head = head.TrimStart(" \t\r\n"u8);
        var isArray = head.StartsWith("["u8);
        var json = new Utf8JsonReader(head, isFinalBlock: false, state: default);
        try
        {
            var isWhole = ReadObject(ref json);
            var read = isWhole ? head[..(int)json.BytesConsumed] : head;
            Shape = isArray || read.Contains((byte)'\n') ? RecordShape.JsonValues : RecordShape.Lines;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Its reader says where it breaks.
            Shape = isArray ? RecordShape.JsonValues : RecordShape.Lines;
        }
    }

    public RecordShape Shape { get; }

    /// <summary>Fields that are null are as if they were not there.</summary>
    public FieldNames Names => new(_names, StringComparer.Ordinal);

    /// <summary>False when the head ends before the object does.</summary>
    private bool ReadObject(ref Utf8JsonReader json)
    {
        var path = new List<string>();
        var name = "";
        while (json.Read())
        {
            switch (json.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = string.Join('.', path.Append(json.GetString()!));
                    continue;
                case JsonTokenType.StartObject when name.Length > 0:
                    path.Add(name[(name.LastIndexOf('.') + 1)..]);
                    break;
                case JsonTokenType.EndObject when path.Count == 0:
                    return true;
                case JsonTokenType.EndObject:
                    path.RemoveAt(path.Count - 1);
                    continue;
                case JsonTokenType.StartArray when name.Length > 0:
                    _names.Add(name);
                    if (!json.TrySkip())
                    {
                        return false;
                    }

                    continue;
                case JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.Null:
                    continue;
            }

            if (name.Length == 0)
            {
                return true; // Not an object.
            }

            _names.Add(name);
        }

        return false;
    }
}
