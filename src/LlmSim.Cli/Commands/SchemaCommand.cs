using System.CommandLine;
using System.Text.Json.Nodes;
using LlmSim.Cli.Output;
using LlmSim.Experiments.Schemas;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim schema</c>: JSON Schemas of the files that users write.</summary>
internal sealed class SchemaCommand : CliCommand
{
    private static readonly (string Name, string Summary, Func<JsonObject> Create)[] s_schemas =
    [
        ("cluster", "the instances of a cluster, JSON", ClusterSchema.Create),
        ("mix", "classes of requests for --mix, YAML or JSON", MixSchema.Create),
        ("scenario", "one simulation and its seeds, YAML", () => SweepSchema.Scenario(RunOptions())),
        ("sweep", "simulations for llmsim sweep, YAML", () => SweepSchema.Sweep(RunOptions())),
        ("workload", "a request of a trace, JSON", WorkloadSchema.Create),
    ];

    private readonly Argument<string?> _name = new("NAME")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "the schema; without it they are listed",
        CompletionSources = { Names },
    };

    public SchemaCommand(CliConsole console)
        : base(
            "schema",
            "Print the JSON Schema of a kind of file, with which editors complete and check it.",
            console
        )
    {
        Add(_name);
        Examples = ["llmsim schema", "llmsim schema cluster"];
        SetAction(Execute);
    }

    /// <summary>The kinds of files.</summary>
    public static string[] Names => [.. s_schemas.Select(schema => schema.Name)];

    /// <summary>Each kind with one line on it.</summary>
    public static IEnumerable<(string Name, string Summary)> All =>
        s_schemas.Select(schema => (schema.Name, schema.Summary));

    private static Option[] RunOptions()
    {
        var run = new RunArguments();
        return [.. run.Groups.Concat(run.SemanticsGroups).SelectMany(group => group.Options)];
    }

    private void Execute(ParseResult parse)
    {
        if (parse.GetValue(_name) is not { } name)
        {
            var table = TextTable.Create("Schema", "");
            foreach (var (schema, summary, _) in s_schemas)
            {
                table.Add(schema, summary);
            }

            TextTable.Write(table, Console, width: 80);
            return;
        }

        var found = Array.Find(s_schemas, schema => schema.Name == name);
        Console.Out.Write(
            found.Create is { } create
                ? SchemaNode.Text(create())
                : throw new UserErrorException(
                    $"NAME: found '{name}'; allowed: {string.Join(", ", Names)}.{Suggestion.For(name, Names)}"
                )
        );
    }
}
