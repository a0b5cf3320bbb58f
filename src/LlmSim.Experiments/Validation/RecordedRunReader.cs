using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Validation;

/// <summary>
/// Reads the folder of a recorded run: <c>requests.jsonl</c> (one request a line), <c>meta.json</c> (model and engine
/// arguments), <c>deployment.json</c> (instances and links) and, when it is there, <c>timeseries.csv</c>.
/// </summary>
public static class RecordedRunReader
{
    private const double BytesPerGibibyte = 1L << 30;
    private const double NanosecondsPerSecond = 1e9;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

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

        var meta = ReadJson<MetaFile>(Path.Combine(folder, "meta.json"));
        var deployment = ReadJson<DeploymentFile>(Path.Combine(folder, "deployment.json"));
        var instances = deployment.Nodes.SelectMany(node => node.Instances).ToArray();
        if (instances.Length == 0)
        {
            throw new UserErrorException($"{Path.Combine(folder, "deployment.json")}: nodes: no instances");
        }

        return new RecordedRun
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            ModelId = meta.Model,
            Engine = new RecordedEngine(
                meta.VllmVersion,
                meta.EngineKwargs.MaxNumBatchedTokens,
                meta.EngineKwargs.MaxNumSeqs
            ),
            Instances = [.. instances.Select(Instance)],
            LinkBytesPerSecond = deployment.LinkBw * BytesPerGibibyte,
            LinkLatencySeconds = deployment.LinkLatency / NanosecondsPerSecond,
            Requests = ReadRequests(Path.Combine(folder, "requests.jsonl")),
            Ticks = ReadTicks(Path.Combine(folder, "timeseries.csv")),
        };
    }

    private static RecordedInstance Instance(InstanceEntry entry) =>
        new(
            entry.Hardware,
            entry.TpSize,
            entry.EpSize ?? 1,
            entry.DpGroup,
            (long)(entry.NpuMem.MemSize * BytesPerGibibyte),
            entry.NpuMem.MemBw * BytesPerGibibyte,
            entry.NpuMem.MemUtil
        );

    private static RecordedRequest[] ReadRequests(string path)
    {
        var lines = new List<RequestLine>();
        using (var reader = new StreamReader(InputFile.Open(path)))
        {
            while (reader.ReadLine() is { } line)
            {
                if (line.Length > 0)
                {
                    lines.Add(ParseRequest(line, $"{path}:{lines.Count + 1}"));
                }
            }
        }

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
                .ThenBy(line => line.QueuedTs)
                .ThenBy(line => line.Number)
                .Select(line => new RecordedRequest(
                    line.Number,
                    line.InputToks,
                    line.OutputToks,
                    arrival(line) - start,
                    line.QueuedTs - start,
                    line.FirstTokenTs - start,
                    line.LastTokenTs - start
                )),
        ];
    }

    /// <summary>
    /// When a request came, on the clock of queued_ts. arrival_time is another clock's: the two were set apart by the least that lies
    /// between them, that of a request which was taken in at once. A run without it has only when requests were taken in.
    /// </summary>
    private static Func<RequestLine, double> Arrival(List<RequestLine> lines)
    {
        if (!lines.TrueForAll(line => line.ArrivalTime is not null))
        {
            return line => line.QueuedTs;
        }

        var apart = lines.Min(line => line.QueuedTs - line.ArrivalTime!.Value);
        return line => line.ArrivalTime!.Value + apart;
    }

    private static RequestLine ParseRequest(string line, string where)
    {
        RequestLine request;
        try
        {
            request =
                JsonSerializer.Deserialize<RequestLine>(line, s_json)
                ?? throw new UserErrorException($"{where}: found null; allowed: a JSON object");
        }
        catch (JsonException error)
        {
            throw new UserErrorException($"{where}: {error.Message}", error);
        }

        if (request.InputToks < 1 || request.OutputToks < 1)
        {
            throw new UserErrorException($"{where}: input_toks and output_toks have to be at least 1");
        }

        return request.QueuedTs <= request.FirstTokenTs && request.FirstTokenTs <= request.LastTokenTs
            ? request
            : throw new UserErrorException(
                $"{where}: times have to be in the order queued_ts, first_token_ts, last_token_ts"
            );
    }

    private static List<RecordedTick> ReadTicks(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = CsvFile.Open(path);
        var (seconds, running, waiting) = (
            file.Require("t"),
            file.Require("running"),
            file.Require("waiting")
        );
        var ticks = new List<RecordedTick>();
        while (file.MoveNext())
        {
            ticks.Add(new RecordedTick(Seconds(), Count(running), Count(waiting)));
        }

        return ticks;

        double Seconds() =>
            double.IsFinite(file.Number(seconds))
                ? file.Number(seconds)
                : throw file.Error(seconds, "a number");

        int Count(int column) =>
            int.TryParse(file.Text(column), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? count
                : throw file.Error(column, "a whole number from 0");
    }

    private static T ReadJson<T>(string path)
        where T : class
    {
        using var stream = InputFile.Open(path);
        try
        {
            return JsonSerializer.Deserialize<T>(stream, s_json)
                ?? throw new UserErrorException($"{path}: found null; allowed: a JSON object");
        }
        catch (JsonException error)
        {
            var line = (error.LineNumber + 1)?.ToString(CultureInfo.InvariantCulture) ?? "1";
            throw new UserErrorException($"{path}:{line}: {error.Message}", error);
        }
    }

    private sealed record MetaFile(string Model, string VllmVersion, EngineArguments EngineKwargs);

    private sealed record EngineArguments(int MaxNumBatchedTokens, int MaxNumSeqs);

    private sealed record DeploymentFile(double LinkBw, double LinkLatency, IReadOnlyList<NodeEntry> Nodes);

    private sealed record NodeEntry(IReadOnlyList<InstanceEntry> Instances);

    private sealed record InstanceEntry(
        string Hardware,
        int TpSize,
        MemoryEntry NpuMem,
        int? EpSize = null,
        string? DpGroup = null
    );

    private sealed record MemoryEntry(double MemSize, double MemBw, double MemUtil);

    private sealed record RequestLine(
        string RequestId,
        int InputToks,
        int OutputToks,
        double QueuedTs,
        double FirstTokenTs,
        double LastTokenTs,
        double? ArrivalTime = null
    )
    {
        /// <summary>The number at the end of an id such as bench-17.</summary>
        [JsonIgnore]
        public int Number =>
            int.TryParse(
                RequestId.AsSpan(RequestId.LastIndexOf('-') + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? number
                : throw new UserErrorException(
                    $"request_id: found '{RequestId}'; allowed: a name that ends in -NUMBER"
                );
    }
}
