using System.Text.Json.Nodes;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Schemas;

/// <summary>The JSON Schema of traces in JSON: of one request, which is a line of JSON Lines, or of a list of them.</summary>
internal static class WorkloadSchema
{
    /// <summary>The schema.</summary>
    public static JsonObject Create()
    {
        var schema = SchemaNode.AnyOf(
            new JsonObject { ["$ref"] = "#/definitions/request" },
            SchemaNode.List(new JsonObject { ["$ref"] = "#/definitions/request" })
        );
        schema["definitions"] = new JsonObject
        {
            ["request"] = SchemaNode.AnyOf(
                // The others are documents of a form of their own.
                TraceFormats.All.Where(format => format.Rows is null).Select(Request)
            ),
        };
        return SchemaNode.Root(
            "Workload of llmsim",
            "A request of a trace in JSON (--trace_path): a line of JSON Lines, or an element of a list. Other fields are ignored.",
            schema
        );
    }

    private static JsonObject Request(TraceFormat format) =>
        new()
        {
            ["title"] = format.Name,
            ["description"] = format.Summary,
            ["type"] = "object",
            ["allOf"] = new JsonArray([
                .. format.Marks.Select(mark => Field(mark, new JsonObject(), isRequired: true)),
                .. Times(format.Arrival),
                Length(format.Input),
                Length(format.Output),
                .. format.HashIds.Select(name => Field(name, HashIds(), isRequired: false)),
            ]),
        };

    /// <summary>Whole numbers, also as 12.0.</summary>
    private static JsonObject Length(IReadOnlyList<string> names) =>
        SchemaNode.AnyOf(
            names.Select(name =>
                Field(
                    name,
                    new JsonObject
                    {
                        ["type"] = "number",
                        ["minimum"] = 1,
                        ["maximum"] = int.MaxValue,
                        ["multipleOf"] = 1,
                    },
                    isRequired: true
                )
            )
        );

    private static IEnumerable<JsonObject> Times(IReadOnlyList<string> names) =>
        names.Select(name => Field(name, SchemaNode.Type("number", "string", "null"), isRequired: false));

    private static JsonObject HashIds() =>
        new() { ["type"] = SchemaNode.Array(["array", "null"]), ["items"] = SchemaNode.Type("integer") };

    /// <summary>A field of an object; a name with dots leads into nested ones.</summary>
    private static JsonObject Field(string name, JsonObject value, bool isRequired)
    {
        foreach (var part in name.Split('.').Reverse())
        {
            value = new JsonObject
            {
                ["type"] = "object",
                ["properties"] = new JsonObject { [part] = value },
            };
            if (isRequired)
            {
                value["required"] = SchemaNode.Array([part]);
            }
        }

        return value;
    }
}
