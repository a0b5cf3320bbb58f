using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LlmSim.Experiments.Schemas;

/// <summary>Pieces of JSON Schemas, of the draft that editors and validators have in common.</summary>
internal static class SchemaNode
{
    private static readonly JsonSerializerOptions s_written = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>A schema as a file has it.</summary>
    public static string Text(JsonObject schema) => schema.ToJsonString(s_written) + "\n";

    /// <summary>The root of a file.</summary>
    public static JsonObject Root(string title, string description, JsonObject content)
    {
        var root = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = title,
            ["description"] = description,
        };
        foreach (var (key, value) in content)
        {
            root[key] = value?.DeepClone();
        }

        return root;
    }

    /// <summary>An object with these fields and no others.</summary>
    public static JsonObject Object(
        IEnumerable<(string Name, JsonObject Value)> fields,
        IEnumerable<string> required
    )
    {
        var properties = new JsonObject();
        foreach (var (name, value) in fields)
        {
            properties[name] = value;
        }

        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
        var names = Array(required);
        if (names.Count > 0)
        {
            schema["required"] = names;
        }

        return schema;
    }

    /// <summary>What is one of several things.</summary>
    public static JsonObject AnyOf(params IEnumerable<JsonObject> choices) =>
        new() { ["anyOf"] = new JsonArray([.. choices]) };

    /// <summary>A list of at least one.</summary>
    public static JsonObject List(JsonObject items) =>
        new()
        {
            ["type"] = "array",
            ["minItems"] = 1,
            ["items"] = items,
        };

    /// <summary>One of some words.</summary>
    public static JsonObject Words(IEnumerable<string> words) => new() { ["enum"] = Array(words) };

    /// <summary>A type, or one of several.</summary>
    public static JsonObject Type(params string[] types) =>
        new() { ["type"] = types is [var one] ? one : Array(types) };

    /// <summary>A number of a range; other types that are allowed beside it have no limits by this.</summary>
    public static JsonObject Number(FigureRange range, params string[] types)
    {
        var schema = Type(types);
        schema[range.IsAboveLeast ? "exclusiveMinimum" : "minimum"] = range.Least;
        if (range.Most < double.MaxValue)
        {
            schema["maximum"] = range.Most;
        }

        return schema;
    }

    /// <summary>The same with a text that editors show.</summary>
    public static JsonObject Described(JsonObject schema, string description)
    {
        schema["description"] = description;
        return schema;
    }

    public static JsonArray Array(IEnumerable<string> values) =>
        [.. values.Select(value => (JsonNode)JsonValue.Create(value))];
}
