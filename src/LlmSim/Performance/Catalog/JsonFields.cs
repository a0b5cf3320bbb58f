using System.Globalization;
using System.Text.Json;

namespace LlmSim.Performance.Catalog;

/// <summary>Reads the fields of one JSON object from somebody's file; every error names the source and the field.</summary>
internal sealed partial class JsonFields
{
    /// <summary>Files of users have lower limits; this one is for streams that others open.</summary>
    public const int LargestBytes = 64 << 20;

    private readonly JsonElement _object;
    private readonly string _sourceName;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private JsonFields(JsonElement element, string sourceName)
    {
        _object = element;
        _sourceName = sourceName;
    }

    /// <summary>Reads the whole stream, which has to hold one JSON object.</summary>
    public static JsonFields Read(Stream stream, string sourceName) =>
        Read(Utf8Document.Read(stream, sourceName, LargestBytes, "a JSON object"), sourceName);

    /// <summary>Reads a line of a file, which has to hold one JSON object.</summary>
    /// <param name="bytes">The line, in UTF-8.</param>
    /// <param name="path">The file.</param>
    /// <param name="line">Number of the line.</param>
    public static JsonFields ReadLine(ReadOnlyMemory<byte> bytes, string path, int line) =>
        Read(bytes, string.Create(CultureInfo.InvariantCulture, $"{path}:{line}"), isLine: true);

    /// <summary>Reads the whole stream, which has to hold a list of JSON objects.</summary>
    public static IReadOnlyList<JsonFields> ReadList(Stream stream, string sourceName) =>
        Root(
            Utf8Document.Read(stream, sourceName, LargestBytes, "a list of JSON objects"),
            sourceName,
            isLine: false
        )
            is { ValueKind: JsonValueKind.Array } list
            ? ObjectsOf(list, sourceName)
            : throw new UserErrorException($"{sourceName}: a list of objects is expected.");

    private static JsonFields Read(ReadOnlyMemory<byte> bytes, string sourceName, bool isLine = false)
    {
        var root = Root(bytes, sourceName, isLine);
        return root.ValueKind == JsonValueKind.Object
            ? new(root, sourceName)
            : throw new UserErrorException(
                $"{sourceName}: a JSON {root.ValueKind} where an object is expected."
            );
    }

    private static JsonElement Root(ReadOnlyMemory<byte> bytes, string sourceName, bool isLine)
    {
        try
        {
            using var document = Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            var line = string.Create(CultureInfo.InvariantCulture, $":{(exception.LineNumber ?? 0) + 1}");
            throw new UserErrorException(
                $"{sourceName}{(isLine ? "" : line)}: not valid JSON: {exception.Message}",
                exception
            );
        }
        catch (InvalidOperationException exception)
        {
            throw new UserErrorException(
                $"{sourceName}: not valid JSON: an escape such as \\ud800 stands for half a character.",
                exception
            );
        }
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> bytes)
    {
        var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
        try
        {
            return JsonDocument.Parse(bytes, options);
        }
        catch (JsonException)
        {
            return JsonDocument.Parse(PythonJson.Quoted(bytes.Span), options);
        }
    }

    /// <summary>Fields that have a value and that nobody has asked for.</summary>
    public IEnumerable<string> Unread() =>
        _object
            .EnumerateObject()
            .Where(property =>
                property.Value.ValueKind != JsonValueKind.Null && !_read.Contains(property.Name)
            )
            .Select(property => property.Name);

    /// <summary>Whether the field has a value that switches something on: not absent, null, false, empty, 0 or below.</summary>
    public bool IsOn(string field) =>
        Find(field) is { } value
        && value.ValueKind switch
        {
            JsonValueKind.False => false,
            JsonValueKind.Number => value.GetDouble() > 0,
            JsonValueKind.String => StringOf(value) is not "",
            JsonValueKind.Array => value.GetArrayLength() > 0,
            JsonValueKind.Object => value.EnumerateObject().Any(),
            _ => true,
        };

    /// <summary>Whether the field is an object.</summary>
    public bool IsObject(string field) => Find(field) is { ValueKind: JsonValueKind.Object };

    /// <summary>Whether the field is this number.</summary>
    public bool IsNumber(string field, int number) =>
        Find(field) is { ValueKind: JsonValueKind.Number } value
        && value.TryGetInt32(out var found)
        && found == number;

    /// <summary>Whether the field is a string.</summary>
    public bool IsText(string field) => Find(field) is { ValueKind: JsonValueKind.String };

    /// <summary>Whether the field is a number below 0.</summary>
    public bool IsNegative(string field) =>
        Find(field) is { ValueKind: JsonValueKind.Number } value && value.GetDouble() < 0;

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string field) => Find(field) is not null;

    public string Text(string field) =>
        StringOf(Require(field)) is { Length: > 0 } text ? text : throw Invalid(field, "a string");

    public int PositiveInt(string field) =>
        Require(field) is { ValueKind: JsonValueKind.Number } value && Whole(value) is > 0 and var number
            ? number
            : throw Invalid(field, "a whole number above 0");

    public int PositiveInt(string field, int absent) => Has(field) ? PositiveInt(field) : absent;

    /// <summary>A whole number from 0; 0 where the field is absent.</summary>
    public int Count(string field) =>
        Find(field) switch
        {
            null => 0,
            { ValueKind: JsonValueKind.Number } value when Whole(value) is >= 0 and var number => number,
            _ => throw Invalid(field, "a whole number from 0"),
        };

    /// <summary>A whole number, which programs also write as 32768.0; null where it is none.</summary>
    private static int? Whole(JsonElement value) =>
        value.TryGetInt32(out var number) ? number
        : value.TryGetDouble(out var real)
        && real is >= int.MinValue and <= int.MaxValue
        && real == Math.Floor(real)
            ? (int)real
        : null;

    /// <summary>A number in its range, such as 450e9.</summary>
    public double Number(string field, FigureRange range) =>
        Require(field) is { ValueKind: JsonValueKind.Number } value
        && value.TryGetDouble(out var number)
        && range.Contains(number)
            ? number
            : throw Invalid(field, $"a number {range}");

    /// <summary>A number in its range; null where the field is absent.</summary>
    public double? NumberOrNull(string field, FigureRange range) => Has(field) ? Number(field, range) : null;

    /// <summary>A whole number in its range, which may be written like 80e9.</summary>
    public long Whole(string field, FigureRange range) =>
        Require(field) is { ValueKind: JsonValueKind.Number } value
        && value.TryGetDouble(out var number)
        && range.Contains(number)
        && Math.Floor(number) == number
            ? (long)number
            : throw Invalid(field, $"a whole number {range}");

    /// <summary>A whole number in its range; null where the field is absent.</summary>
    public long? WholeOrNull(string field, FigureRange range) => Has(field) ? Whole(field, range) : null;

    public bool Flag(string field, bool absent) =>
        Find(field) switch
        {
            null => absent,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            _ => throw Invalid(field, "true or false"),
        };

    /// <summary>Throws if there is a field that is not one of these.</summary>
    public void RequireOnly(params string[] fields)
    {
        foreach (var property in _object.EnumerateObject())
        {
            if (!fields.AsSpan().Contains(property.Name))
            {
                throw Error(
                    property.Name,
                    $"unknown field.{Suggestion.For(property.Name, fields)} Allowed are {string.Join(", ", fields)}."
                );
            }
        }
    }

    /// <summary>The fields of an object inside this one.</summary>
    public JsonFields Object(string field) =>
        Require(field) is { ValueKind: JsonValueKind.Object } value
            ? new(value, $"{_sourceName}:{field}")
            : throw Invalid(field, "an object");

    /// <summary>The fields of an object inside this one; null when there is none, or something else in its place.</summary>
    public JsonFields? OptionalObject(string field) =>
        Find(field) is { ValueKind: JsonValueKind.Object } value
            ? new(value, $"{_sourceName}:{field}")
            : null;

    /// <summary>Names of all fields.</summary>
    public IEnumerable<string> Names => _object.EnumerateObject().Select(property => property.Name);

    /// <summary>All fields, each an object.</summary>
    public IEnumerable<KeyValuePair<string, JsonFields>> Objects() =>
        _object
            .EnumerateObject()
            .Select(property => KeyValuePair.Create(property.Name, Object(property.Name)));

    public UserErrorException Error(string field, string message) => new($"{_sourceName}:{field}: {message}");

    private UserErrorException Invalid(string field, string allowed) =>
        Error(field, $"{Shown(_object.GetProperty(field))} where {allowed} is expected.");

    private static string Shown(JsonElement value)
    {
        const int LongestShown = 60;
        var text = value.GetRawText();
        return text.Length > LongestShown ? $"{text[..LongestShown]}…" : text;
    }

    /// <summary>The string; null for something else, and for half a character, which JSON can write and text cannot hold.</summary>
    private static string? StringOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private JsonElement Require(string field) => Find(field) ?? throw Error(field, "missing.");

    private JsonElement? Find(string field)
    {
        _read.Add(field);
        return _object.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
    }
}
