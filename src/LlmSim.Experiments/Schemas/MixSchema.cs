using System.Text.Json.Nodes;
using LlmSim.Experiments.Documents;
using LlmSim.Experiments.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Schemas;

/// <summary>The JSON Schema of files with classes of requests, from the fields that their reader knows.</summary>
internal static class MixSchema
{
    /// <summary>The schema.</summary>
    public static JsonObject Create() =>
        SchemaNode.Root(
            "Mix file of llmsim",
            "Classes of requests in one stream (--mix).",
            SchemaNode.Object(
                [
                    (SchemaField.Name, SchemaNode.Type("string")),
                    (
                        MixFile.List,
                        SchemaNode.List(
                            SchemaNode.Object(
                                MixFile.Fields.Select(field => (field, Value(field))),
                                [MixFile.NameField]
                            )
                        )
                    ),
                ],
                [MixFile.List]
            )
        );

    private static JsonObject Value(string field) =>
        MixFile.Numbers.TryGetValue(field, out var number)
            ? SchemaNode.Number(number.Range, number.IsWhole ? "integer" : "number")
        : field == MixFile.SessionsField ? SchemaNode.Words(SessionRules.Modes)
        : field == MixFile.PromptsField ? SchemaNode.Words(SessionRules.Prompts)
        : field == MixFile.SortField ? SchemaNode.Type("boolean")
        // A name may look like a number.
        : SchemaNode.Type("string", "number");
}
