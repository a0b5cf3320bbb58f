using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Plots;

/// <summary>What pictures can be drawn of: runs, samples of runs, and summaries.</summary>
internal sealed class PlotData
{
    private const string Rate = "lambda_arrival";

    private static readonly string[] s_latencies = ["ttft_p99", "tpot_p99", "e2e_p99"];

    public List<PlotRun> Runs { get; } = [];

    /// <summary>The samples of each run under its name.</summary>
    public List<(string Name, IReadOnlyList<InstanceLine> Lines)> Samples { get; } = [];

    public List<SummaryPoint> Summaries { get; } = [];

    /// <summary>What else is drawn.</summary>
    public PlotChoices Choices { get; private init; } = new();

    /// <summary>What pictures of runs and samples say; null for nothing.</summary>
    public string? RunNote { get; private init; }

    /// <summary>What pictures of summaries say; null for nothing.</summary>
    public string? SummaryNote { get; private set; }

    /// <summary>Reads result files of any kind; the columns say which it is.</summary>
    /// <exception cref="UserErrorException">A file cannot be read, or is no result file.</exception>
    /// <param name="paths">Files, or folders of them.</param>
    /// <param name="choices">What else is drawn; its labels are one for each file; null for nothing.</param>
    public static PlotData Read(IEnumerable<string> paths, PlotChoices? choices = null)
    {
        choices ??= new PlotChoices();
        var data = new PlotData { Choices = choices };
        var tables = paths.SelectMany(FilesOf).Select(ResultTable.Open).ToArray();
        if (choices.Labels.Count > 0 && choices.Labels.Count != tables.Length)
        {
            throw new UserErrorException(
                $"--labels: there are {choices.Labels.Count} for {tables.Length} files; allowed: one for each, with commas between them"
            );
        }

        foreach (var (index, table) in tables.Index())
        {
            data.Add(table, choices.Labels.ElementAtOrDefault(index));
        }

        data.SummaryNote = TierNote.Of(tables);
        return data;
    }

    /// <summary>The run that has just been made.</summary>
    /// <param name="requests">Its requests.</param>
    /// <param name="samples">Its samples.</param>
    /// <param name="note">What its pictures say.</param>
    /// <param name="choices">What else is drawn.</param>
    public static PlotData Of(
        IReadOnlyList<RequestPoint> requests,
        IEnumerable<InstanceSample> samples,
        string note,
        PlotChoices choices
    )
    {
        const string Name = "run";
        var data = new PlotData { RunNote = note, Choices = choices };
        data.Runs.Add(new PlotRun(Name, requests));
        data.Samples.Add((Name, [.. InstanceLine.Of(samples)]));
        return data;
    }

    /// <summary>A folder stands for the tables in it.</summary>
    private static IEnumerable<string> FilesOf(string path) =>
        !Directory.Exists(path)
            ? [path]
            : InputFolder
                .Files(path)
                .Where(file => Path.GetExtension(file).ToLowerInvariant() is ".csv" or ".parquet");

    private void Add(ResultTable table, string? label)
    {
        var name = label ?? Path.GetFileNameWithoutExtension(table.Path);
        if (table.Has("prefill_start", "ttft"))
        {
            Runs.Add(new PlotRun(name, Requests(table)));
        }
        else if (table.Has("timestamp", "instance_group", "queue_length"))
        {
            Samples.Add(
                (
                    name,
                    [
                        .. Lines(table, SampledQuantity.Queue, "queue_length"),
                        .. Lines(table, SampledQuantity.Running, "running_requests"),
                    ]
                )
            );
        }
        else if (table.Has("timestamp", "instance_group", "memory_usage"))
        {
            Samples.Add((name, [.. Lines(table, SampledQuantity.Kv, "memory_usage", scale: 100)]));
        }
        else if (table.Has(Rate, "slo_attainment_pct"))
        {
            foreach (var point in ReadSummaries(table))
            {
                AddSummary(table, point);
            }
        }
        else
        {
            throw new UserErrorException(
                $"{table.Path}: is no result file that can be drawn; its columns are {string.Join(", ", table.Columns.Take(8))}. "
                    + "Allowed: what --requests_output, --csv_output, --queue_states_output and --memory_usage_output write."
            );
        }
    }

    private static List<RequestPoint> Requests(ResultTable table)
    {
        var columns = table.Numbers(
            "trace_input_length",
            "trace_output_length",
            "prefill_instance",
            "prefill_start",
            "prefill_finish",
            "decode_instance",
            "first_decode_start",
            "finish",
            "ttft",
            "tpot",
            "e2e"
        );
        return
        [
            .. Enumerable
                .Range(0, columns[0].Length)
                .Select(row => new RequestPoint(
                    columns[0][row],
                    columns[1][row],
                    Index(columns[2][row]),
                    columns[3][row],
                    columns[4][row],
                    Index(columns[5][row]),
                    columns[6][row],
                    columns[7][row],
                    columns[8][row],
                    columns[9][row],
                    columns[10][row]
                )),
        ];
    }

    private static IEnumerable<InstanceLine> Lines(
        ResultTable table,
        SampledQuantity quantity,
        string column,
        double scale = 1
    )
    {
        var numbers = table.Numbers("timestamp", "instance_id", column);
        var stages = table.Texts("instance_group")[0];
        return Enumerable
            .Range(0, stages.Length)
            .GroupBy(row => (Stage: stages[row], Instance: Index(numbers[1][row])))
            .Select(group =>
                InstanceLine.Create(
                    quantity,
                    group.Key.Stage,
                    group.Key.Instance,
                    [.. group.Select(row => numbers[0][row])],
                    [.. group.Select(row => scale * numbers[2][row])]
                )
            );
    }

    /// <summary>The same run in two files counts once: it is one sample of its figures.</summary>
    private void AddSummary(ResultTable table, SummaryPoint point)
    {
        var former = Summaries.Find(point.IsSameRunAs);
        if (former is null)
        {
            Summaries.Add(point);
        }
        else if (!former.HasFiguresOf(point))
        {
            throw new UserErrorException(
                $"{table.Path}: {Rate} {point.RequestsPerSecondOffered:R}, seed {point.Seed}: is there twice with "
                    + "the same settings and other figures; draw one of them."
            );
        }
    }

    private static IEnumerable<SummaryPoint> ReadSummaries(ResultTable table)
    {
        var numbers = table.Numbers(
            Rate,
            "goodput_requests_per_second",
            "slo_attainment_pct",
            "tpot_slo_attainment_pct",
            "both_slo_attainment_pct"
        );
        var latencies = Array.ConvertAll(
            s_latencies,
            column => table.Has(column) ? table.Numbers(column)[0] : null
        );
        string[] options =
        [
            .. SummaryCsv.SettingColumns.Where(column => column != Rate && table.Has(column)),
        ];
        var texts = table.Texts(options);
        var seeds = table.Has(SweepPlan.SeedOption) ? table.Texts(SweepPlan.SeedOption)[0] : null;
        return Enumerable
            .Range(0, numbers[0].Length)
            .Select(row => new SummaryPoint(
                options
                    .Select((column, i) => (column, Value: texts[i][row]))
                    .ToDictionary(pair => pair.column, pair => pair.Value, StringComparer.Ordinal),
                numbers[0][row],
                numbers[1][row],
                numbers[2][row],
                numbers[3][row],
                numbers[4][row],
                seeds?[row] ?? ""
            )
            {
                TtftP99Seconds = latencies[0]?[row] ?? double.NaN,
                TpotP99Seconds = latencies[1]?[row] ?? double.NaN,
                EndToEndP99Seconds = latencies[2]?[row] ?? double.NaN,
            });
    }

    private static int Index(double number) => double.IsNaN(number) ? -1 : (int)number;
}
