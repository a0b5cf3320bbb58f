using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Reports;

/// <summary>The report of measured configurations beside their simulations.</summary>
internal static class ServingPage
{
    /// <summary>More classes than colours and markers can tell apart are drawn as one.</summary>
    private const int MostClasses = 12;

    private const string FiguresId = "figures";

    private static readonly string[] s_errors = ["median |error|", "nine in ten", "signed"];

    public static Report Of(ServingValidation validation, string command)
    {
        var compared = validation.Outcomes.Where(outcome => outcome.Figures.Count > 0).ToArray();
        string[] metrics =
        [
            .. compared
                .SelectMany(outcome => outcome.Figures)
                .Select(figure => figure.Metric)
                .Where(metric => metric.EndsWith("_mean", StringComparison.Ordinal))
                .Distinct(),
        ];
        var all = validation.Classes is [.., var last] ? last : null;
        return new Report(
            "Validation",
            System.IO.Path.GetFileName(validation.Source),
            $"{Figures.Count(validation.Compared)} of {Figures.Count(validation.Outcomes.Count)} measured configurations, performance {validation.Performance}",
            [
                new VerdictBlock(
                    metrics.Length == 0 || all is null
                        ? "No configuration was compared."
                        : $"Over {Figures.Count(validation.Compared)} measured configurations "
                            + $"{string.Join(", ", metrics.Select(metric => Words(metric, all.Errors[metric])))}."
                )
                {
                    Headlines = all is null
                        ? []
                        :
                        [
                            .. metrics.Select(metric => new Headline(
                                $"{Quantity(metric)}, median error",
                                Figures.Number(all.Errors[metric].Median),
                                "%",
                                $"nine of ten within {Figures.Number(all.Errors[metric].P90)} %; signed {Figures.Signed(all.Errors[metric].SignedMedian)} %"
                            )),
                        ],
                    Warnings = [.. LeftOut(validation)],
                },
                new SectionBlock(
                    "Predicted against measured",
                    "The lines are equality, ±10 % and ±25 %. Point at a dot for its configuration, click it for its row."
                ),
                .. metrics.Select(metric => Scatter(validation, compared, metric)),
                new SectionBlock("Errors"),
                Errors(validation, metrics),
                Every(compared),
                new SectionBlock("Provenance"),
                new FactsBlock(
                    "Compared",
                    [
                        ("Measurements", validation.Source),
                        ("Performance", validation.Performance),
                        ("Classed by", string.Join(", ", validation.Labels)),
                        .. validation.Tiers.Select(tier =>
                            ($"Tier {tier.Tier.Words()}", Figures.Count(tier.Count))
                        ),
                        ("LlmSim", ProductVersion.Text),
                    ]
                ),
                new CommandBlock("Command", command),
            ]
        );
    }

    private static XyChart Scatter(ServingValidation validation, CaseOutcome[] compared, string metric)
    {
        var rows = compared
            .SelectMany(outcome => outcome.Figures.Select(figure => (outcome.Case, Figure: figure)))
            .Index()
            .Where(row => row.Item.Figure.Metric == metric)
            .ToArray();
        var classes = rows.GroupBy(row => ErrorClass.NameOf(row.Item.Case, validation.Labels))
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToArray();
        if (classes.Length > MostClasses)
        {
            classes = [.. rows.GroupBy(_ => "all")];
        }

        return new XyChart(
            $"Mean {Quantity(metric)}",
            new ChartAxis("measured", "s", AxisKind.Logarithmic)
            {
                Within = [.. rows.Select(row => row.Item.Figure.Seconds.Predicted)],
            },
            new ChartAxis("predicted", "s", AxisKind.Logarithmic)
            {
                Within = [.. rows.Select(row => row.Item.Figure.Seconds.Measured)],
            },
            [
                .. classes.Select(one => new ChartSeries(
                    one.Key,
                    SeriesStyle.Points,
                    [.. one.Select(row => row.Item.Figure.Seconds.Measured)],
                    [.. one.Select(row => row.Item.Figure.Seconds.Predicted)]
                )
                {
                    Labels = [.. one.Select(row => row.Item.Figure.Id)],
                    Rows = [.. one.Select(row => row.Index)],
                }),
            ]
        )
        {
            IsComparison = true,
            TableId = FiguresId,
        };
    }

    private static TableBlock Errors(ServingValidation validation, string[] metrics) =>
        new(
            "Errors by class",
            [
                new TableColumn(string.Join(' ', validation.Labels)),
                TableColumn.Number("figures"),
                .. metrics.SelectMany(metric =>
                    s_errors.Select(name => TableColumn.Number($"{Quantity(metric)} {name}", "%"))
                ),
            ],
            [
                .. validation.Classes.Select(one =>
                    (TableCell[])
                        [
                            one.Name,
                            TableCell.Count(one.Errors.Values.Max(errors => errors.Count)),
                            .. metrics.SelectMany(metric => Cells(one.Errors.GetValueOrDefault(metric))),
                        ]
                ),
            ]
        );

    private static TableBlock Every(CaseOutcome[] compared) =>
        new(
            "Every figure",
            [
                new TableColumn("Configuration"),
                new TableColumn("Figure"),
                TableColumn.Number("measured", "s"),
                TableColumn.Number("predicted", "s"),
                TableColumn.Number("error", "%"),
            ],
            [
                .. compared
                    .SelectMany(outcome => outcome.Figures)
                    .Select(figure =>
                        (TableCell[])
                            [
                                figure.Id,
                                figure.Metric,
                                TableCell.Of(figure.Seconds.Measured),
                                TableCell.Of(figure.Seconds.Predicted),
                                TableCell.Signed(figure.Seconds.ErrorPercent),
                            ]
                    ),
            ]
        )
        {
            Id = FiguresId,
        };

    private static TableCell[] Cells(ErrorSpread errors) =>
        errors.Count == 0
            ? ["", "", ""]
            : [TableCell.Of(errors.Median), TableCell.Of(errors.P90), TableCell.Signed(errors.SignedMedian)];

    private static IEnumerable<string> LeftOut(ServingValidation validation) =>
        validation
            .LeftOut.Select(pair => $"{Figures.Count(pair.Value)} left out: {pair.Key}")
            .Concat(
                validation.NotExpressible.Select(reason =>
                    $"{Figures.Count(reason.Count())} cannot be expressed: {reason.Key}"
                )
            );

    private static string Words(string metric, ErrorSpread errors) =>
        $"the mean {Quantity(metric)} is off by {Figures.Number(errors.Median)} % in the median and {Figures.Number(errors.P90)} % in nine of ten";

    private static string Quantity(string metric) => metric.Split('_')[0].ToUpperInvariant();
}
