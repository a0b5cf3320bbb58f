using System.Globalization;
using System.Text.Json;

namespace LlmSim.Performance.Catalog;

/// <summary>Reads the fields of one JSON object from somebody's file; every error names the source and the field.</summary>
internal sealed class JsonFields
{
    /// <summary>A description takes a few kilobytes; whatever is larger is not one.</summary>
    private const int LargestBytes = 1 << 20;

    private readonly JsonElement _object;
    private readonly string _sourceName;

    private JsonFields(JsonElement element, string sourceName)
    {
        _object = element;
        _sourceName = sourceName;
    }

    /// <summary>Reads the whole stream, which has to hold one JSON object.</summary>
    public static JsonFields Read(Stream stream, string sourceName)
    {
        var bytes = new byte[LargestBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > LargestBytes)
        {
            throw new UserErrorException($"{sourceName}: larger than 1 MiB; a JSON object is expected.");
        }

        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(bytes.AsMemory(0, length), options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new(document.RootElement.Clone(), sourceName)
                : throw new UserErrorException(
                    $"{sourceName}: a JSON {document.RootElement.ValueKind} where an object is expected."
                );
        }
        catch (JsonException exception)
        {
            var line = (exception.LineNumber + 1)?.ToString(CultureInfo.InvariantCulture) ?? "1";
            throw new UserErrorException(
                $"{sourceName}:{line}: not valid JSON: {exception.Message}",
                exception
            );
        }
    }

    /// <summary>Whether the field is there and not null.</summary>
    public bool Has(string field) => Find(field) is not null;

    public string Text(string field) =>
        Require(field) is { ValueKind: JsonValueKind.String } value
        && value.GetString() is { Length: > 0 } text
            ? text
            : throw Invalid(field, "a string");

    public int PositiveInt(string field) =>
        Require(field) is { ValueKind: JsonValueKind.Number } value
        && value.TryGetInt32(out var number)
        && number > 0
            ? number
            : throw Invalid(field, "a whole number above 0");

    public int PositiveInt(string field, int absent) => Has(field) ? PositiveInt(field) : absent;

    /// <summary>A whole number from 0; 0 where the field is absent.</summary>
    public int Count(string field) =>
        Find(field) switch
        {
            null => 0,
            { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= 0 =>
                number,
            _ => throw Invalid(field, "a whole number from 0"),
        };

    /// <summary>Whether the field is absent or an empty list.</summary>
    public bool IsEmptyList(string field) =>
        Find(field) switch
        {
            null => true,
            { ValueKind: JsonValueKind.Array } value => value.GetArrayLength() == 0,
            _ => throw Invalid(field, "a list"),
        };

    /// <summary>A finite number above 0, such as 450e9.</summary>
    public double PositiveNumber(string field) =>
        Require(field) is { ValueKind: JsonValueKind.Number } value
        && value.TryGetDouble(out var number)
        && double.IsFinite(number)
        && number > 0
            ? number
            : throw Invalid(field, "a number above 0");

    public double? PositiveNumberOrNull(string field) => Has(field) ? PositiveNumber(field) : null;

    /// <summary>A whole number above 0 that may be written like 80e9.</summary>
    public long PositiveLong(string field)
    {
        const double LargestExact = 1L << 53;
        var number = PositiveNumber(field);
        return number <= LargestExact && Math.Floor(number) == number
            ? (long)number
            : throw Invalid(field, "a whole number above 0");
    }

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

    /// <summary>A finite number in a range.</summary>
    public double Number(string field, double min, double max) =>
        Require(field) is { ValueKind: JsonValueKind.Number } value
        && value.TryGetDouble(out var number)
        && number >= min
        && number <= max
            ? number
            : throw Invalid(
                field,
                string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}")
            );

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

    /// <summary>Whether the field is a string.</summary>
    public bool IsText(string field) => Find(field) is { ValueKind: JsonValueKind.String };

    /// <summary>A list of whole numbers above 0.</summary>
    public int[] PositiveInts(string field)
    {
        const string Allowed = "a list of whole numbers above 0";
        var list = Require(field);
        return list.ValueKind == JsonValueKind.Array
            ?
            [
                .. list.EnumerateArray()
                    .Select(item =>
                        item.ValueKind == JsonValueKind.Number
                        && item.TryGetInt32(out var number)
                        && number > 0
                            ? number
                            : throw Invalid(field, Allowed)
                    ),
            ]
            : throw Invalid(field, Allowed);
    }

    /// <summary>A list of strings, also those of lists inside it; empty where the field is absent.</summary>
    public IReadOnlyList<string> TextList(string field)
    {
        var texts = new List<string>();
        if (Find(field) is { } value)
        {
            Add(value);
        }

        return texts;

        void Add(JsonElement element)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Array:
                    foreach (var item in element.EnumerateArray())
                    {
                        Add(item);
                    }

                    break;
                case JsonValueKind.String:
                    texts.Add(element.GetString()!);
                    break;
                default:
                    throw Invalid(field, "a list of strings");
            }
        }
    }

    /// <summary>All fields, each a string.</summary>
    public IEnumerable<KeyValuePair<string, string>> Texts() =>
        _object.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, Text(property.Name)));

    /// <summary>All fields, each an object.</summary>
    public IEnumerable<KeyValuePair<string, JsonFields>> Objects() =>
        _object
            .EnumerateObject()
            .Select(property => KeyValuePair.Create(property.Name, Object(property.Name)));

    public UserErrorException Error(string field, string message) => new($"{_sourceName}:{field}: {message}");

    private UserErrorException Invalid(string field, string allowed) =>
        Error(field, $"{_object.GetProperty(field).GetRawText()} where {allowed} is expected.");

    private JsonElement Require(string field) => Find(field) ?? throw Error(field, "missing.");

    private JsonElement? Find(string field) =>
        _object.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
