using System.Text.Json.Nodes;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Documents;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Schemas;

/// <summary>The JSON Schema of cluster files, from the fields that their reader knows.</summary>
internal static class ClusterSchema
{
    /// <summary>The schema.</summary>
    public static JsonObject Create()
    {
        var list = SchemaNode.List(Fields(ClusterFields.All));
        list["maxItems"] = ClusterFields.MaxInstances;
        var schema = SchemaNode.AnyOf(
            new JsonObject { ["$ref"] = "#/definitions/instances" },
            SchemaNode.Object(
                [
                    (SchemaField.Name, SchemaNode.Type("string")),
                    (ClusterFields.Instances, new JsonObject { ["$ref"] = "#/definitions/instances" }),
                ],
                [ClusterFields.Instances]
            )
        );
        schema["definitions"] = new JsonObject { ["instances"] = list };
        return SchemaNode.Root(
            "Cluster file of llmsim",
            "The instances of a cluster: --cluster, --prefill_config and --decode_config.",
            schema
        );
    }

    private static JsonObject Fields(IReadOnlyList<ClusterField> fields)
    {
        var schema = SchemaNode.Object(
            fields.Select(field =>
                (field.Name, SchemaNode.Described(Value(field.Value), Description(field)))
            ),
            fields.Where(field => field.Default is null).Select(field => field.Name)
        );
        var conditions = fields.Where(field => field.ReadBy is not null).Select(Condition).ToArray();
        if (conditions.Length > 0)
        {
            schema["allOf"] = new JsonArray(conditions);
        }

        return schema;
    }

    /// <summary>A field that one kind of engine reads is there only beside that kind.</summary>
    private static JsonObject Condition(ClusterField field) =>
        SchemaNode.AnyOf(
            new JsonObject { ["not"] = new JsonObject { ["required"] = SchemaNode.Array([field.Name]) } },
            OfKind(field.ReadBy!.Value)
        );

    /// <summary>An engine of a kind, which has to be said unless it is that of an engine of which nothing is said.</summary>
    private static JsonObject OfKind(EngineKind kind)
    {
        var engine = new JsonObject
        {
            ["properties"] = new JsonObject { ["kind"] = SchemaNode.Words([EngineDefaults.Name(kind)]) },
        };
        if (kind != new EngineSpec().Kind)
        {
            engine["required"] = SchemaNode.Array(["kind"]);
        }

        return engine;
    }

    private static JsonObject Value(ClusterValue value) =>
        value switch
        {
            ClusterValue.Whole whole => SchemaNode.Number(whole.Range, "integer"),
            ClusterValue.Number number => SchemaNode.Number(number.Range, "number"),
            ClusterValue.Flag => SchemaNode.Type("boolean"),
            ClusterValue.Word word => SchemaNode.Words(word.Words),
            // Accelerators and models may be the user's own.
            ClusterValue.Accelerator => SchemaNode.AnyOf(
                SchemaNode.Words(HardwareCatalog.BuiltIn.All.Select(hardware => hardware.Name)),
                SchemaNode.Type("string")
            ),
            ClusterValue.Model or ClusterValue.Drafter => Model(),
            ClusterValue.Shares shares => Shares(shares),
            ClusterValue.SharesByName shares => new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = Shares(shares.Each),
            },
            ClusterValue.CountsByName counts => new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = SchemaNode.Number(counts.Range, "integer"),
                ["minProperties"] = 1,
            },
            ClusterValue.Models => new JsonObject
            {
                ["type"] = "array",
                ["items"] = Model(),
                ["minItems"] = 2,
                ["uniqueItems"] = true,
            },
            ClusterValue.Counts counts => new JsonObject
            {
                ["type"] = "array",
                ["items"] = SchemaNode.Number(counts.Range, "integer"),
                ["minItems"] = 1,
            },
            ClusterValue.Sizes sizes => SchemaNode.AnyOf(
                SchemaNode.Words([sizes.Own, sizes.None]),
                new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = SchemaNode.Number(sizes.Range, "integer"),
                    ["uniqueItems"] = true,
                }
            ),
            ClusterValue.NumberOr number => SchemaNode.AnyOf(
                SchemaNode.Number(number.Range, "number"),
                SchemaNode.Words([number.Other])
            ),
            ClusterValue.List list => SchemaNode.List(Fields(list.Each)),
            ClusterValue.Fields fields => Fields(fields.All),
            _ => SchemaNode.Type("string"),
        };

    private static JsonObject Shares(ClusterValue.Shares shares) =>
        SchemaNode.AnyOf(
            SchemaNode.Number(FigureRanges.Share, "number"),
            new JsonObject
            {
                ["type"] = "array",
                ["items"] = SchemaNode.Number(FigureRanges.Share, "number"),
                ["minItems"] = 1,
                ["maxItems"] = shares.Most,
            }
        );

    private static JsonObject Model() =>
        SchemaNode.AnyOf(SchemaNode.Words(ModelCatalog.BuiltIn.Ids), SchemaNode.Type("string"));

    private static string Description(ClusterField field)
    {
        var reader = field.ReadBy is { } kind ? $"{EngineFields.Words(kind)} alone: " : "";
        return field.Default is { } value ? $"{reader}{field.Summary} [{value}]" : reader + field.Summary;
    }
}
