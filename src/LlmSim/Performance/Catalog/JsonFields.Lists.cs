using System.Text.Json;

namespace LlmSim.Performance.Catalog;

/// <content>Fields that are lists.</content>
internal sealed partial class JsonFields
{
    /// <summary>Whether the field is a list.</summary>
    public bool IsList(string field) => Find(field) is { ValueKind: JsonValueKind.Array };

    /// <summary>A list of strings.</summary>
    public string[] TextList(string field) =>
        Require(field) is { ValueKind: JsonValueKind.Array } value
        && value.EnumerateArray().All(item => StringOf(item) is not null)
            ? [.. value.EnumerateArray().Select(item => StringOf(item)!)]
            : throw Invalid(field, "a list of strings");

    /// <summary>A list of objects.</summary>
    public IReadOnlyList<JsonFields> ObjectList(string field) =>
        Require(field) is { ValueKind: JsonValueKind.Array } value
            ? ObjectsOf(value, $"{_sourceName}:{field}")
            : throw Invalid(field, "a list of objects");

    private static JsonFields[] ObjectsOf(JsonElement list, string sourceName) =>
        [
            .. list.EnumerateArray()
                .Select(
                    (item, i) =>
                        item.ValueKind == JsonValueKind.Object
                            ? new JsonFields(item, $"{sourceName}[{i}]")
                            : throw new UserErrorException(
                                $"{sourceName}[{i}]: {Shown(item)} where an object is expected."
                            )
                ),
        ];

    /// <summary>A list of whole numbers.</summary>
    public int[] IntList(string field) =>
        Require(field) is { ValueKind: JsonValueKind.Array } value
        && value
            .EnumerateArray()
            .All(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out _))
            ? [.. value.EnumerateArray().Select(item => item.GetInt32())]
            : throw Invalid(field, "a list of whole numbers");

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
    public IReadOnlyList<string> NestedTexts(string field)
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
                case JsonValueKind.String when StringOf(element) is { } text:
                    texts.Add(text);
                    break;
                default:
                    throw Invalid(field, "a list of strings");
            }
        }
    }

    /// <summary>All fields, each a string.</summary>
    public IEnumerable<KeyValuePair<string, string>> Texts() =>
        _object.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, Text(property.Name)));
}
