using System.Text.Json;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Reports;

/// <summary>What figures rest on, the whole configuration, and how to get the same again.</summary>
internal static class ProvenanceBlocks
{
    /// <summary>The blocks of one run, or of several that a command made.</summary>
    /// <param name="results">The runs; what they have in common is shown.</param>
    /// <param name="command">The command.</param>
    public static IEnumerable<ReportBlock> Of(IReadOnlyList<RunResult> results, string command) =>
        [
            new SectionBlock(
                "Trust",
                "What the times of iterations rest on, and how far such predictions were off on measured configurations that nothing was fitted to."
            ),
            .. results
                .Select(result => result.Prediction)
                .DistinctBy(one => (one.Tier, one.Source, one.Error))
                .Select(Facts),
            .. results is [var only] ? Ranges(only) : [],
            new SectionBlock("Configuration"),
            Configuration(results),
            new SectionBlock("Reproduce", "The same inputs, options and build give the same bytes."),
            new CommandBlock("Command", command),
            Build(results),
        ];

    /// <summary>The tier in a word or two.</summary>
    public static string TierWords(Prediction prediction) =>
        prediction.Tier == "measured_profile" ? "measured" : prediction.Tier.Replace('_', ' ');

    /// <summary>The errors in a line.</summary>
    public static string ErrorWords(Prediction prediction) =>
        prediction.Figures.FirstOrDefault(figure => figure.Metric == "tpot_mean") is { } tpot
            ? FormattableString.Invariant(
                $"TPOT off by {tpot.MedianErrorPercent:0.#} % in the median, {tpot.P90ErrorPercent:0.#} % in nine of ten"
            )
            : "error not known";

    private static FactsBlock Facts(Prediction prediction) =>
        new(
            $"Tier: {TierWords(prediction)}",
            [
                ("Times from", prediction.Source),
                ("Error", prediction.Error),
                .. prediction.Notices.Select(notice => ("Notice", notice)),
                .. prediction.Warnings.Select(warning => ("Warning", warning)),
            ]
        );

    private static IEnumerable<ReportBlock> Ranges(RunResult result)
    {
        var ranges = result.Ranges.Where(range => double.IsFinite(range.Seconds)).ToArray();
        if (ranges.Length == 0)
        {
            yield break;
        }

        yield return new TableBlock(
            "Within what such figures were measured",
            [
                new TableColumn("Mean"),
                TableColumn.Number("predicted", "s"),
                TableColumn.Number("half of such cases", "s"),
                TableColumn.Number("nine of ten", "s"),
                TableColumn.Number("cases"),
            ],
            [
                .. ranges.Select(range =>
                    (TableCell[])
                        [
                            range.Figure.Split('_')[0].ToUpperInvariant(),
                            TableCell.Of(range.Seconds),
                            Range(range.HalfLowSeconds, range.HalfHighSeconds),
                            Range(range.NineOfTenLowSeconds, range.NineOfTenHighSeconds),
                            TableCell.Count(range.Configurations),
                        ]
                ),
            ]
        );
    }

    private static TableCell Range(double low, double high) => new(Figures.Range(low, high), high);

    /// <summary>Every option of the simulation; of several runs those that all have alike.</summary>
    private static TableBlock Configuration(IReadOnlyList<RunResult> results)
    {
        var configurations = results.Select(result => Flat(result).ToArray()).ToArray();
        var common = configurations
            .Skip(1)
            .Aggregate(configurations[0].AsEnumerable(), (all, one) => all.Intersect(one));
        return new TableBlock(
            "Everything that decides the result",
            [new TableColumn("Option"), new TableColumn("Value")],
            [.. common.Select(pair => (TableCell[])[pair.Name, pair.Value])]
        )
        {
            Note = results.Count > 1 ? "What varies is in the table of results." : "",
        };
    }

    private static IEnumerable<(string Name, string Value)> Flat(RunResult result)
    {
        using var json = JsonDocument.Parse(SummaryJson.Text(result.Configuration));
        return
        [
            ("cluster", RunWords.Cluster(result)),
            ("simulated precision", result.Precision),
            .. result.Trace is { } trace ? new[] { ("trace", trace.Describe()) } : [],
            .. result.Notices.Select(notice => ("notice", notice)),
            .. Flat("", json.RootElement),
        ];
    }

    private static (string Name, string Value)[] Flat(string name, JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(member =>
                    Flat(name.Length == 0 ? member.Name : $"{name}.{member.Name}", member.Value)
                )
                .ToArray(),
            JsonValueKind.Null => [],
            JsonValueKind.String => [(name, element.GetString()!)],
            _ => [(name, element.GetRawText())],
        };

    private static FactsBlock Build(IReadOnlyList<RunResult> results) =>
        new(
            "Made with",
            [
                ("LlmSim", InputFingerprint.Simulator.Content),
                (
                    "Seeds",
                    string.Join(", ", results.Select(result => result.Configuration.Seed).Distinct().Take(20))
                ),
                ("Semantics", SemanticsOptions.Describe(results[0].Configuration.Semantics)),
            ]
        );
}
