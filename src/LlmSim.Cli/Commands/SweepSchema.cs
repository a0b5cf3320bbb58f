using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using LlmSim.Experiments.Documents;
using LlmSim.Experiments.Schemas;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Cli.Commands;

/// <summary>The JSON Schemas of sweeps and scenarios, from the options that their reader knows.</summary>
internal static class SweepSchema
{
    /// <summary>The definition of an object whose options have lists of values; no option is called so.</summary>
    private const string Lists = "lists";

    private const string Digits = "^[+-]?[0-9]+$";
    private const string Decimals = @"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$";

    /// <summary>The schema of a sweep: everything that <c>llmsim sweep</c> reads.</summary>
    public static JsonObject Sweep(IReadOnlyCollection<Option> options) =>
        Create(
            "Sweep of llmsim",
            "Simulations for llmsim sweep: settings of all points, and what varies.",
            options,
            [
                ("grid", SchemaNode.Described(Reference(Lists), "lists whose product is taken")),
                ("zip", SchemaNode.Described(Zip(), "groups of lists that vary together")),
            ],
            [(Lists, Each(options, OneOrMore))]
        );

    /// <summary>The schema of a scenario: one simulation and its seeds, as <c>llmsim plan</c> writes them.</summary>
    public static JsonObject Scenario(IReadOnlyCollection<Option> options) =>
        Create("Scenario of llmsim", "One simulation and its seeds, for llmsim sweep.", options, [], []);

    private static JsonObject Create(
        string title,
        string description,
        IReadOnlyCollection<Option> options,
        IEnumerable<(string Name, JsonObject Value)> sections,
        IEnumerable<(string Name, JsonObject Value)> common
    )
    {
        var schema = SchemaNode.Object(
            [
                (SchemaField.Name, SchemaNode.Type("string")),
                ("base", SchemaNode.Described(Each(options, Reference), "settings of all points")),
                .. sections,
                ("seeds", SchemaNode.Described(OneOrMore(SweepPlan.SeedOption), "seeds of each point")),
                (
                    "replications",
                    SchemaNode.Described(
                        Quoted(new FigureRange(1, SweepFile.MaxReplications), "integer", "^[0-9]+$"),
                        "so many seeds of each point, from the default on"
                    )
                ),
            ],
            []
        );
        schema["not"] = new JsonObject { ["required"] = SchemaNode.Array(["seeds", "replications"]) };
        var definitions = new JsonObject();
        foreach (var option in options)
        {
            definitions[NameOf(option)] = SchemaNode.Described(
                Value(OptionValue.Of(option)),
                HelpWriter.Text(option) ?? ""
            );
        }

        foreach (var (name, value) in common)
        {
            definitions[name] = value;
        }

        schema["definitions"] = definitions;
        return SchemaNode.Root(title, description, schema);
    }

    private static JsonObject Zip() =>
        SchemaNode.AnyOf(Group(), new JsonObject { ["type"] = "array", ["items"] = Group() });

    private static JsonObject Group() =>
        new() { ["allOf"] = new JsonArray(Reference(Lists), new JsonObject { ["minProperties"] = 1 }) };

    /// <summary>An object with any of the options, and of the other names that they have.</summary>
    private static JsonObject Each(IEnumerable<Option> options, Func<string, JsonObject> value) =>
        SchemaNode.Object(
            options.SelectMany(option =>
                option
                    .Aliases.Select(alias => alias.TrimStart('-'))
                    .Prepend(NameOf(option))
                    .Select(name => (name, value(NameOf(option))))
            ),
            []
        );

    private static JsonObject OneOrMore(string option) =>
        SchemaNode.AnyOf(Reference(option), SchemaNode.List(Reference(option)));

    private static JsonObject Reference(string definition) =>
        new() { ["$ref"] = $"#/definitions/{definition}" };

    private static string NameOf(Option option) => option.Name.TrimStart('-');

    /// <summary>YAML has numbers with and without quotes; what is in quotes has no limits by the schema.</summary>
    private static JsonObject Value(OptionValue value) =>
        value switch
        {
            OptionValue.Number number => Quoted(number.Range, "number", Decimals),
            OptionValue.Whole whole => Quoted(new FigureRange(whole.Min, whole.Max), "integer", Digits),
            OptionValue.Tokens => Quoted(
                new FigureRange(1, int.MaxValue),
                "integer",
                @"^[0-9]+(\.[0-9]+)?[kmgKMG]?$"
            ),
            OptionValue.Flag => new JsonObject { ["enum"] = new JsonArray(true, false, "true", "false") },
            OptionValue.Words words => Words(words.Allowed),
            OptionValue.Text text when text.Known.ToArray() is { Length: > 0 } known => SchemaNode.AnyOf(
                SchemaNode.Words(known),
                Scalar()
            ),
            _ => Scalar(),
        };

    private static JsonObject Quoted(FigureRange range, string type, string pattern)
    {
        var schema = SchemaNode.Number(range, type, "string");
        schema["pattern"] = pattern;
        return schema;
    }

    /// <summary>A word that is a number is one without quotes.</summary>
    private static JsonObject Words(IEnumerable<string> words)
    {
        var allowed = new JsonArray();
        foreach (var word in words)
        {
            allowed.Add(word);
            if (long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                allowed.Add(number);
            }
        }

        return new JsonObject { ["enum"] = allowed };
    }

    private static JsonObject Scalar() => SchemaNode.Type("string", "number", "boolean");
}
