using System.CommandLine;
using System.Globalization;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;
using LlmSim.Experiments.Slos;
using LlmSim.Performance.Catalog;
using LlmSim.Policies;
using LlmSim.Workloads.Traces;

namespace LlmSim.Cli.Help;

/// <summary>All words that <c>llmsim help</c> knows beside commands, from the tables that the program itself goes by.</summary>
internal static class HelpTopics
{
    /// <summary>The word for all exit codes.</summary>
    private const string ExitCodes = "exit_codes";

    /// <summary>What a word is: one topic for each meaning.</summary>
    public static IReadOnlyList<HelpTopic> Of(Command root, string word)
    {
        var name = word.TrimStart('-').Replace('-', '_');
        return
        [
            .. All(root)
                .Where(topic =>
                    topic.Name.Equals(word, StringComparison.OrdinalIgnoreCase)
                    || topic.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
                ),
        ];
    }

    /// <summary>All of them.</summary>
    public static IEnumerable<HelpTopic> All(Command root) =>
        [
            .. Options(root),
            .. ClusterFields.All.Select(field => Field(field, "cluster file: an instance")),
            .. EngineFields.All.Select(field => Field(field, "cluster file: engine of an instance")),
            .. SpeculationFields.All.Select(field =>
                Field(field, "cluster file: speculative_config of an engine")
            ),
            .. StructuredOutputFields.All.Select(field =>
                Field(field, "cluster file: structured_output of an engine")
            ),
            .. LoraFields.All.Select(field => Field(field, "cluster file: lora of an engine")),
            .. KvTierFields.All.Select(field =>
                Field(field, "cluster file: a tier in kv_tiers of an engine")
            ),
            .. EngineFields.Overheads.Select(field => Field(field, "cluster file: overheads of an engine")),
            .. Columns(),
            .. SloFigure.All.Select(Figure),
            .. ShippedPolicies.Catalog.All.Select(Policy),
            .. TraceFormats.All.Select(format => new HelpTopic(
                format.Name,
                "format of traces",
                format.Summary
            )),
            .. HardwareCatalog.BuiltIn.All.Select(hardware => new HelpTopic(
                hardware.Name,
                "accelerator",
                $"llmsim hardware {hardware.Name} has its figures."
            )),
            .. ModelCatalog.BuiltIn.Ids.Select(id => new HelpTopic(
                id,
                "model",
                $"llmsim run --model {id} serves it."
            )),
            new(
                ExitCodes,
                "what the command tells its caller",
                [
                    .. ExitCode.All.Select(code =>
                        string.Create(CultureInfo.InvariantCulture, $"{code.Code}: {code.Meaning}")
                    ),
                ]
            ),
        ];

    /// <summary>Every command below another, itself first.</summary>
    public static IEnumerable<Command> Commands(Command command) =>
        command.Subcommands.SelectMany(Commands).Prepend(command);

    private static IEnumerable<HelpTopic> Options(Command root) =>
        Commands(root)
            .SelectMany(
                command => command.Options,
                (command, option) => (Command: HelpWriter.PathOf(command), Option: option)
            )
            .GroupBy(use => (Name: HelpWriter.Name(use.Option), Text: HelpWriter.Text(use.Option) ?? ""))
            .SelectMany(group =>
                Names(group.First().Option)
                    .Select(name => new HelpTopic(
                        name,
                        $"option of {string.Join(", ", group.Select(use => use.Command))}",
                        group.Key.Name,
                        group.Key.Text
                    ))
            );

    private static IEnumerable<string> Names(Option option) =>
        option.Aliases.Prepend(option.Name).Select(name => name.TrimStart('-'));

    private static HelpTopic Field(ClusterField field, string place)
    {
        var only = field.ReadBy is { } kind ? $"; {EngineFields.Words(kind)} alone reads it" : "";
        return new(
            field.Name,
            place,
            field.Summary + only,
            field.Value is ClusterValue.Fields ? "" : $"allowed: {field.Value}",
            field.Default is { } value ? $"default: {value}" : "must be given"
        );
    }

    private static IEnumerable<HelpTopic> Columns() =>
        [
            .. ColumnSummaries.Summary.Select(column => Column(column, "the summary CSV (--csv_output)")),
            .. ServiceCsv.FigureColumns.Select(column =>
                Column(column, "the classes, tenants and models (--service_output)")
            ),
            .. RequestColumns
                .For(ttftSloSeconds: 1, tpotSloSeconds: 1, ownModel: "")
                .Select(column => Column(column.Name, "the requests (--requests_output)")),
            .. SampleColumns.QueueStates.Select(column =>
                Column(column.Name, "the samples of queues (--sample_queue_states)")
            ),
            .. SampleColumns.MemoryUsage.Select(column =>
                Column(column.Name, "the samples of memory (--sample_memory_usage)")
            ),
        ];

    private static HelpTopic Column(string name, string file) =>
        new(name, $"column of {file}", ColumnSummaries.Of(name) ?? "the option of that name");

    private static HelpTopic Figure(SloFigure figure) =>
        new(figure.Name, "figure for --require and --slo", ColumnSummaries.Of(figure.Column)!);

    private static HelpTopic Policy(PolicyDescription policy) =>
        new(
            policy.Name,
            $"policy for {string.Join(", ", PolicyDecisionNames.Of(policy.Decisions))}",
            [
                policy.Summary,
                .. policy.Options.Select(option =>
                    $":{option.Key}={option.Default}  {option.Summary}; {option.Allowed}"
                ),
            ]
        );
}
