using System.Globalization;
using System.Text;
using LlmSim.Cli;
using LlmSim.Cli.Commands;
using LlmSim.Cli.Help;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;
using LlmSim.Policies;

namespace LlmSim.Tests.Documentation;

/// <summary>The pages of docs/reference, made from the tables that the program goes by.</summary>
internal static class ReferencePages
{
    private static readonly LlmSimCommand s_root = new(new CliConsole(TextWriter.Null, TextWriter.Null));

    /// <summary>Every command with its options.</summary>
    public static string Commands()
    {
        var page = new StringBuilder(
            "# Commands and options\n\nWhat `--help` of each command says, on one page.\n"
        );
        foreach (var command in HelpTopics.Commands(s_root).Skip(1))
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"\n## {HelpWriter.PathOf(command)}\n\n{Text(command.Description)}\n"
            );
            Table(
                page,
                "",
                "argument",
                command.Arguments.Select(argument =>
                    (Code(argument.HelpName ?? argument.Name), (string?)argument.Description)
                )
            );
            foreach (var group in (command as CliCommand)?.Groups ?? [])
            {
                Table(
                    page,
                    group.Title,
                    "option",
                    group.Options.Select(option =>
                        (Code(HelpWriter.Name(option)), (string?)HelpWriter.Text(option))
                    )
                );
            }
        }

        Table(
            page.Append("\n## Exit codes\n"),
            "",
            "code",
            ExitCode.All.Select(code =>
                (code.Code.ToString(CultureInfo.InvariantCulture), (string?)code.Meaning)
            )
        );
        return page.ToString();
    }

    /// <summary>Every field of a cluster file.</summary>
    public static string ClusterFile()
    {
        var page = new StringBuilder(
            "# Fields of a cluster file\n\nA cluster file is a JSON list of instances, or an object with it: `{ \"$schema\": \"…\", \"instances\": […] }`. "
                + "Comments and commas at an end are allowed, unknown fields are not. [Batching](../batching.md) and [hardware](../hardware.md) say what the fields do.\n"
        );
        Fields(page, "An instance", ClusterFields.All);
        Fields(page, "Its `engine`", EngineFields.All);
        Fields(page, "`speculative_config` of the engine", SpeculationFields.All);
        Fields(page, "`lora` of the engine", LoraFields.All);
        Fields(page, "A tier of `kv_tiers` of the engine", KvTierFields.All);
        Fields(page, "`overheads` of the engine, in seconds", EngineFields.Overheads);
        return page.ToString();
    }

    /// <summary>Every column of a result file.</summary>
    public static string Columns()
    {
        var page = new StringBuilder(
            "# Columns of the result files\n\nTimes are in seconds, shares whose name ends with `_pct` in per cent; a cell is empty where a figure is not defined. "
                + "[Metrics](../metrics.md) has the definitions.\n"
        );
        Columns(page, "The summary: `--csv_output`", ColumnSummaries.Summary);
        page.Append(
            "\nWith `--intervals`, and in `--replications_output`, a figure has `NAME_ci95_low` and `NAME_ci95_high` as well.\n"
        );
        Columns(page, "Classes, tenants and models: `--service_output`", ServiceCsv.FigureColumns);
        page.Append(
            "\nBefore these it has the seed and the settings of the summary, so that a row says what it is of.\n"
        );
        Columns(
            page,
            "Requests: `--requests_output`",
            RequestColumns
                .For(ttftSloSeconds: 1, tpotSloSeconds: 1, ownModel: "", hasImages: true)
                .Select(column => column.Name)
        );
        Columns(
            page,
            "Queues: `--sample_queue_states`",
            SampleColumns.QueueStates.Select(column => column.Name)
        );
        Columns(
            page,
            "Memory: `--sample_memory_usage`",
            SampleColumns.MemoryUsage.Select(column => column.Name)
        );
        return page.ToString();
    }

    /// <summary>Every policy with its options.</summary>
    public static string Policies()
    {
        var page = new StringBuilder(
            "# Policies\n\nOptions are written as `NAME:key=value,key=value`. [Policies](../policies.md) says what they decide, and how to write one.\n"
        );
        Table(
            page,
            "",
            "policy",
            ShippedPolicies.Catalog.All.Select(policy => (Code(policy.Name), (string?)Describe(policy)))
        );
        return page.ToString();
    }

    /// <summary>Every schema.</summary>
    public static string Schemas()
    {
        var page = new StringBuilder(
            "# JSON Schemas\n\nOf the files that users write; `llmsim schema NAME` prints them. [Installing](../installing.md#editors) says how editors use them.\n"
        );
        Table(
            page,
            "",
            "schema",
            SchemaCommand.All.Select(schema =>
                ($"[{schema.Name}](../../schemas/{schema.Name}.schema.json)", (string?)schema.Summary)
            )
        );
        return page.ToString();
    }

    private static string Describe(PolicyDescription policy) =>
        string.Join(
            "<br>",
            [
                $"{string.Join(", ", PolicyDecisionNames.Of(policy.Decisions))}: {policy.Summary}",
                .. policy.Options.Select(option =>
                    $"{option.Key}={option.Default}: {option.Summary}; {option.Allowed}"
                ),
            ]
        );

    private static string Describe(ClusterField field)
    {
        var only = field.ReadBy is { } kind ? $" ({EngineFields.Words(kind)} alone)" : "";
        var value = field.Value is ClusterValue.Fields ? "an object" : field.Value.ToString();
        return $"{field.Summary}{only}; {value}; {(field.Default is { } without ? $"[{without}]" : "must be given")}";
    }

    private static void Fields(StringBuilder page, string title, IEnumerable<ClusterField> fields) =>
        Table(
            page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n"),
            "",
            "field",
            fields.Select(field => (Code(field.Name), (string?)Describe(field)))
        );

    private static void Columns(StringBuilder page, string title, IEnumerable<string> columns) =>
        Table(
            page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n"),
            "",
            "column",
            columns.Select(column =>
                (Code(column), (string?)(ColumnSummaries.Of(column) ?? "the option of that name"))
            )
        );

    private static void Table(
        StringBuilder page,
        string title,
        string head,
        IEnumerable<(string Name, string? Text)> rows
    )
    {
        var all = rows.ToArray();
        if (all.Length == 0)
        {
            return;
        }

        page.Append(title.Length == 0 ? "" : $"\n### {title}\n")
            .Append(CultureInfo.InvariantCulture, $"\n| {head} | |\n|---|---|\n");
        foreach (var (name, text) in all)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {name} | {Text(text)} |\n");
        }
    }

    private static string Code(string text) => $"`{text}`";

    private static string Text(string? text) =>
        (text ?? "")
            .Replace("|", "\\|", StringComparison.Ordinal)
            .Replace("<br>", "\u0001", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace("\u0001", "<br>", StringComparison.Ordinal)
            .Replace("[", "\\[", StringComparison.Ordinal)
            .Replace("*", "\\*", StringComparison.Ordinal);
}
