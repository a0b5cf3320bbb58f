using System.Globalization;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation;

/// <summary>
/// Reads the folder of a recorded run: <c>requests.jsonl</c> (one request a line), <c>meta.json</c> (model and engine
/// arguments), <c>deployment.json</c> (instances and links) and, when it is there, <c>timeseries.csv</c>.
/// </summary>
public static class RecordedRunReader
{
    private const double BytesPerGibibyte = 1L << 30;
    private const double NanosecondsPerSecond = 1e9;

    /// <summary>Accelerators with as much memory as that are decades away.</summary>
    private static readonly FigureRange s_memory = new(0, 1e5, "GiB", IsAboveLeast: true);

    private static readonly FigureRange s_bandwidth = new(0, 1e8, "GiB/s", IsAboveLeast: true);

    private static readonly FigureRange s_latency = new(0, 1e12, "ns");

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UserErrorException">A file is missing, or something in it is; the message says where and what.</exception>
    public static RecordedRun Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException(
                File.Exists(folder)
                    ? $"{folder}: is a file; allowed: the folder of a recorded run"
                    : $"{folder}: no such folder"
            );
        }

        var meta = ReadJson(Path.Combine(folder, "meta.json"));
        var deployment = ReadJson(Path.Combine(folder, "deployment.json"));
        return new RecordedRun
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            ModelId = meta.Text("model"),
            Engine = Engine(meta.Text("vllm_version"), meta.Object("engine_kwargs")),
            Instances = Instances(deployment),
            LinkBytesPerSecond = deployment.Number("link_bw", s_bandwidth) * BytesPerGibibyte,
            LinkLatencySeconds = deployment.Number("link_latency", s_latency) / NanosecondsPerSecond,
            Requests = RecordedRequests.Read(Path.Combine(folder, "requests.jsonl")),
            Ticks = RecordedTicks.Read(Path.Combine(folder, "timeseries.csv")),
        };
    }

    private static RecordedEngine Engine(string version, JsonFields arguments) =>
        new(
            version,
            (int)arguments.Whole("max_num_batched_tokens", FigureRanges.BatchSize),
            (int)arguments.Whole("max_num_seqs", FigureRanges.BatchSize)
        );

    private static RecordedInstance[] Instances(JsonFields deployment)
    {
        RecordedInstance[] instances =
        [
            .. deployment
                .ObjectList("nodes")
                .SelectMany(node => node.ObjectList("instances"))
                .Select(Instance),
        ];
        return instances.Length > 0 ? instances : throw deployment.Error("nodes", "no instances.");
    }

    private static RecordedInstance Instance(JsonFields entry)
    {
        var memory = entry.Object("npu_mem");
        return new(
            entry.Text("hardware"),
            (int)entry.Whole("tp_size", FigureRanges.TpSize),
            (int)(entry.WholeOrNull("ep_size", FigureRanges.ExpertParallel) ?? 1),
            entry.Has("dp_group") ? entry.Text("dp_group") : null,
            (long)(memory.Number("mem_size", s_memory) * BytesPerGibibyte),
            memory.Number("mem_bw", s_bandwidth) * BytesPerGibibyte,
            memory.Number("mem_util", FigureRanges.PositiveShare)
        );
    }

    private static JsonFields ReadJson(string path)
    {
        using var stream = InputFile.Open(path);
        return JsonFields.Read(stream, path);
    }
}

/// <summary>Reads <c>requests.jsonl</c>.</summary>
file static class RecordedRequests
{
    private const int LargestBytes = 512 << 20;

    private static readonly FigureRange s_tokens = new(1, 1e7, "tokens");

    public static RecordedRequest[] Read(string path)
    {
        var lines = Lines(path);
        if (lines.Count == 0)
        {
            throw new UserErrorException($"{path}: is empty; allowed: at least one request");
        }

        var arrival = Arrival(lines);
        var start = lines.Min(arrival);
        return
        [
            .. lines
                .OrderBy(arrival)
                .ThenBy(line => line.Queued)
                .ThenBy(line => line.Number)
                .Select(line => new RecordedRequest(
                    line.Number,
                    line.InputTokens,
                    line.OutputTokens,
                    arrival(line) - start,
                    line.Queued - start,
                    line.FirstToken - start,
                    line.LastToken - start
                )),
        ];
    }

    private static List<Line> Lines(string path)
    {
        using var stream = InputFile.Open(path);
        var content = JsonFields.Content(stream, path, LargestBytes);
        var lines = new List<Line>();
        var lineOf = new Dictionary<int, int>();
        var number = 0;
        while (content.Length > 0)
        {
            number++;
            var end = content.Span.IndexOf((byte)'\n');
            var text = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            if (text.Span.Trim("\r \t"u8).Length == 0)
            {
                continue;
            }

            var fields = JsonFields.ReadLine(text, path, number);
            var line = Parse(fields);
            if (!lineOf.TryAdd(line.Number, number))
            {
                throw fields.Error(
                    "request_id",
                    $"the request of line {lineOf[line.Number]} again; each comes once."
                );
            }

            lines.Add(line);
        }

        return lines;
    }

    private static Line Parse(JsonFields fields)
    {
        var line = new Line(
            Number(fields),
            (int)fields.Whole("input_toks", s_tokens),
            (int)fields.Whole("output_toks", s_tokens),
            fields.Number("queued_ts", FigureRanges.Timestamp),
            fields.Number("first_token_ts", FigureRanges.Timestamp),
            fields.Number("last_token_ts", FigureRanges.Timestamp),
            fields.NumberOrNull("arrival_time", FigureRanges.Timestamp)
        );
        return line.Queued > line.FirstToken ? throw fields.Error("first_token_ts", "is before queued_ts.")
            : line.FirstToken > line.LastToken
                ? throw fields.Error("last_token_ts", "is before first_token_ts.")
            : line;
    }

    /// <summary>The number at the end of an id such as bench-17.</summary>
    private static int Number(JsonFields fields)
    {
        var id = fields.Text("request_id");
        return int.TryParse(
            id.AsSpan(id.LastIndexOf('-') + 1),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var number
        )
            ? number
            : throw fields.Error("request_id", $"'{id}' where a name that ends in -NUMBER is expected.");
    }

    /// <summary>
    /// When a request came, on the clock of queued_ts. arrival_time is another clock's: the two were set apart by the least that lies
    /// between them, that of a request which was taken in at once. A run without it has only when requests were taken in.
    /// </summary>
    private static Func<Line, double> Arrival(List<Line> lines)
    {
        if (!lines.TrueForAll(line => line.ArrivalTime is not null))
        {
            return line => line.Queued;
        }

        var apart = lines.Min(line => line.Queued - line.ArrivalTime!.Value);
        return line => line.ArrivalTime!.Value + apart;
    }

    private sealed record Line(
        int Number,
        int InputTokens,
        int OutputTokens,
        double Queued,
        double FirstToken,
        double LastToken,
        double? ArrivalTime
    );
}

/// <summary>Reads <c>timeseries.csv</c>, whose cells are all numbers.</summary>
file static class RecordedTicks
{
    private const int LargestBytes = 512 << 20;

    private static readonly FigureRange s_requests = new(0, 1e9, "requests");

    private static readonly string[] s_columns = ["t", "running", "waiting"];

    public static List<RecordedTick> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var stream = InputFile.Open(path);
        var content = JsonFields.Content(stream, path, LargestBytes);
        using var text = new StreamReader(new MemoryStream(content.ToArray()));
        var header = (text.ReadLine() ?? "").Split(',');
        var columns = Array.ConvertAll(s_columns, column => Column(path, header, column));
        var ticks = new List<RecordedTick>();
        for (var line = 2; text.ReadLine() is { } row; line++)
        {
            if (row.Length > 0)
            {
                var tick = Tick(
                    string.Create(CultureInfo.InvariantCulture, $"{path}:{line}"),
                    row,
                    header,
                    columns
                );
                if (ticks.Count > 0 && tick.Seconds <= ticks[^1].Seconds)
                {
                    throw new UserErrorException(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{path}:{line}:t: found {tick.Seconds} after {ticks[^1].Seconds}; allowed: times in ascending order"
                        )
                    );
                }

                ticks.Add(tick);
            }
        }

        return ticks;
    }

    private static int Column(string path, string[] header, string column)
    {
        var index = Array.IndexOf(header, column);
        return index < 0 ? throw new UserErrorException($"{path}:1: has no column {column}")
            : Array.LastIndexOf(header, column) != index
                ? throw new UserErrorException($"{path}:1: has two columns {column}")
            : index;
    }

    private static RecordedTick Tick(string where, string row, string[] header, int[] columns)
    {
        var cells = row.Split(',');
        if (cells.Length != header.Length)
        {
            throw new UserErrorException(
                $"{where}: has {cells.Length} cells where the header has {header.Length} columns"
            );
        }

        return new(
            Figure(0, FigureRanges.Timestamp),
            (int)Figure(1, s_requests, isWhole: true),
            (int)Figure(2, s_requests, isWhole: true)
        );

        double Figure(int column, FigureRange range, bool isWhole = false) =>
            double.TryParse(
                cells[columns[column]],
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out var figure
            )
            && range.Contains(figure)
            && (!isWhole || Math.Floor(figure) == figure)
                ? figure
                : throw new UserErrorException(
                    $"{where}:{s_columns[column]}: found '{cells[columns[column]]}'; allowed: a {(isWhole ? "whole " : "")}number {range}"
                );
    }
}
