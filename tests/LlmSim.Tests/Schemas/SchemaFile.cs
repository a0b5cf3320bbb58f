using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LlmSim.Tests.Cli;
using NJsonSchema;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace LlmSim.Tests.Schemas;

/// <summary>A JSON Schema of the program, and what a validator of others says by it.</summary>
internal sealed class SchemaFile
{
    private readonly JsonSchema _schema;

    private SchemaFile(string name)
    {
        Text = CliRun.Of("schema", name).Out;
        _schema = JsonSchema.FromJsonAsync(Text).GetAwaiter().GetResult();
    }

    public static SchemaFile Cluster { get; } = new("cluster");

    public static SchemaFile Mix { get; } = new("mix");

    public static SchemaFile Scenario { get; } = new("scenario");

    public static SchemaFile Sweep { get; } = new("sweep");

    public static SchemaFile Workload { get; } = new("workload");

    public string Text { get; }

    /// <summary>What is wrong with JSON, which may have comments and commas at an end; empty for nothing.</summary>
    public string Errors(string json)
    {
        var node = JsonNode.Parse(
            json,
            documentOptions: new JsonDocumentOptions
            {
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
            }
        );
        return string.Join('\n', _schema.Validate(node!.ToJsonString()).Select(error => error.ToString()));
    }

    /// <summary>The same of YAML.</summary>
    public string ErrorsOfYaml(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return Errors(Json(stream.Documents[0].RootNode)!.ToJsonString());
    }

    /// <summary>YAML as editors see it: plain scalars by the core schema.</summary>
    private static JsonNode? Json(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(pair =>
                    KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, Json(pair.Value))
                )
            ),
            YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
            YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value!),
            var scalar => ((YamlScalarNode)scalar).Value,
        };

    private static JsonNode? Plain(string text) =>
        text is "" or "~" or "null" ? null
        : text is "true" or "True" ? true
        : text is "false" or "False" ? false
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? whole
        : !text.StartsWith("0x", StringComparison.Ordinal)
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? number
        : text;
}
