using LlmSim.Experiments.Planning;

namespace LlmSim.Experiments.Reports;

/// <summary>The answer of a plan as a page.</summary>
internal static class PlanPage
{
    private const string Table = "candidates";

    /// <summary>The page.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="underLoad">Every cluster that was simulated under the load.</param>
    /// <param name="influences">How assumptions move the answer; empty where that was not asked.</param>
    /// <param name="command">The command that gives it.</param>
    public static Report Of(
        PlanAnswer answer,
        IReadOnlyList<Judgement> underLoad,
        IReadOnlyList<Influence> influences,
        string command
    )
    {
        PlanRow[] all = [.. underLoad.Select(judged => new PlanRow(answer.Question, judged))];
        return new Report(
            "plan",
            answer.Question.Base.Model,
            string.Join(", ", answer.Question.Slos),
            [
                Verdict(answer),
                .. Candidates(answer, all),
                .. Influences(answer.Question, influences),
                .. Reasons(answer),
                .. answer.Rows is [var best, ..] ? ProvenanceBlocks.Of(best.Judgement.Results, command) : [],
            ]
        );
    }

    private static VerdictBlock Verdict(PlanAnswer answer)
    {
        if (answer.Rows is not [var best, ..])
        {
            return new VerdictBlock(PlanVerdict.Of(answer), Tone.Bad);
        }

        return new VerdictBlock(
            PlanVerdict.Of(answer),
            best.Judgement.HoldsInsideError ? Tone.Good : Tone.Warning
        )
        {
            Headlines =
            [
                new Headline("Accelerators", Figures.Count(best.Candidate.Accelerators)),
                .. best.CostPerHour is { } cost
                    ? new[] { new Headline("Cost", Figures.Number(cost), "$/h") }
                    : [],
                .. best.Judgement.Terms.Select(term => new Headline(
                    term.Slo.Figure.Name,
                    PlanText.Figure(term.Slo.Figure, term.Estimate.Mean),
                    Note: $"SLO {term.Slo}"
                )),
            ],
            Warnings = best.Judgement.Results[0].Prediction.Warnings,
        };
    }

    private static IEnumerable<ReportBlock> Candidates(PlanAnswer answer, PlanRow[] all)
    {
        if (answer.Rows.Count == 0)
        {
            yield break;
        }

        yield return new SectionBlock(
            "Candidates",
            "The best of each kind of instance. Figures are means over seeds with 95 % intervals; the last column is what they come to inside the error of the prediction."
        );
        yield return CandidateTable(answer);
        yield return Scatter(
            "What users get and what an accelerator gives",
            new ChartAxis("output tokens of a user", "1/s"),
            new ChartAxis("output tokens of an accelerator", "1/s"),
            answer,
            [.. all.Where(row => row.Judgement.Holds)],
            row => row.TokensPerSecondPerUser,
            row => row.TokensPerSecondPerAccelerator,
            "Every simulated cluster that meets the SLOs; up and to the right is better."
        );
        yield return Scatter(
            "SLO attainment against size",
            new ChartAxis("accelerators"),
            new ChartAxis("requests within their SLOs", "%", AxisKind.Percent),
            answer,
            all,
            row => row.Candidate.Accelerators,
            row => row.AttainmentPercent,
            "The clusters that were simulated under the load to the end of a run; --whole_runs has all of them."
        );
    }

    private static TableBlock CandidateTable(PlanAnswer answer) =>
        new(
            "The best",
            [
                new TableColumn("Candidate"),
                TableColumn.Number("Accelerators"),
                TableColumn.Number("Cost", "$/h"),
                TableColumn.Number("Cost", "$/M tokens"),
                .. answer.Question.Objective == PlanObjective.Goodput
                    ? new[] { TableColumn.Number("Within deadlines", "1/s") }
                    : [],
                .. answer.Question.Slos.Select(slo => TableColumn.Number(slo.Figure.Name)),
                TableColumn.Number("Goodput an accelerator", "1/s"),
                TableColumn.Number("Busy", "%"),
                new TableColumn("Tier"),
                new TableColumn("Inside the error"),
            ],
            [.. answer.Rows.Select(Cells)]
        )
        {
            Id = Table,
        };

    private static IReadOnlyList<TableCell> Cells(PlanRow row) =>
        [
            row.Candidate.Name,
            TableCell.Count(row.Candidate.Accelerators),
            Number(row.CostPerHour),
            Number(row.CostPerMillionTokens),
            .. row.Goodput is { } goodput ? new[] { TableCell.Of(goodput.Mean) } : [],
            .. row.Judgement.Terms.Select(term => new TableCell(
                $"{PlanText.Figure(term.Slo.Figure, term.Estimate.Mean)} ± {PlanText.Figure(term.Slo.Figure, term.Estimate.HalfWidth)}",
                term.Estimate.Mean
            )),
            TableCell.Of(row.GoodputPerAccelerator),
            TableCell.Of(100 * row.Utilization),
            row.Tier,
            new TableCell(row.Confidence, Tone: row.Judgement.HoldsInsideError ? Tone.Good : Tone.Warning),
        ];

    private static TableCell Number(double? value) => value is { } number ? TableCell.Of(number) : "";

    private static XyChart Scatter(
        string title,
        ChartAxis x,
        ChartAxis y,
        PlanAnswer answer,
        IReadOnlyList<PlanRow> rows,
        Func<PlanRow, double> xOf,
        Func<PlanRow, double> yOf,
        string note
    )
    {
        var places = answer.Rows.Select((row, index) => (row.Judgement, index)).ToDictionary();
        return new XyChart(
            title,
            x,
            y,
            [
                .. rows.GroupBy(row => row.Candidate.Shape.HardwareName)
                    .OrderBy(group => group.Key, StringComparer.Ordinal)
                    .Select(group => new ChartSeries(
                        group.Key,
                        SeriesStyle.Points,
                        [.. group.Select(xOf)],
                        [.. group.Select(yOf)]
                    )
                    {
                        Labels = [.. group.Select(row => row.Candidate.Name)],
                        Rows = [.. group.Select(row => places.GetValueOrDefault(row.Judgement, -1))],
                    }),
            ]
        )
        {
            TableId = Table,
            Note = note,
        };
    }

    private static IEnumerable<ReportBlock> Influences(
        PlanQuestion question,
        IReadOnlyList<Influence> influences
    )
    {
        if (influences.Count == 0)
        {
            yield break;
        }

        yield return new SectionBlock(
            "What moves the answer",
            "Each assumption a fifth lower and higher: the best candidate then, and what the plan is for."
        );
        yield return new BarChart(
            "Of the best candidate",
            question.Objective switch
            {
                PlanObjective.Cost => new ChartAxis("cost", "$/h"),
                PlanObjective.Rate => new ChartAxis("rate", "1/s"),
                PlanObjective.Goodput => new ChartAxis("requests within the deadlines", "1/s"),
                PlanObjective.Latency => new ChartAxis(question.Slos[0].Figure.Name),
                _ => new ChartAxis("accelerators"),
            },
            [
                .. influences.Select(influence =>
                {
                    double[] values =
                    [
                        .. new[] { influence.Lower, influence.Now, influence.Higher }
                            .Select(one => one.Objective)
                            .Where(double.IsFinite),
                    ];
                    return new ChartBar(
                        influence.Assumption,
                        values.Min(),
                        values.Max(),
                        $"20 % lower: {NameOf(influence.Lower.Row)}; higher: {NameOf(influence.Higher.Row)}"
                    );
                }),
            ]
        )
        {
            Base = influences[0].Now.Objective,
        };
    }

    private static string NameOf(PlanRow? row) => row?.Candidate.Name ?? "nothing holds";

    private static IEnumerable<ReportBlock> Reasons(PlanAnswer answer) =>
        [
            new SectionBlock("Why not others", "Each kind of instance that was considered."),
            new TableBlock(
                "Outcomes",
                [new TableColumn("Kind of instance"), new TableColumn("Outcome")],
                [.. answer.Searches.Select(search => (TableCell[])[search.Shape.Name, search.Outcome])]
            ),
        ];
}
