using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation;

/// <summary>
/// Reads the folder of a recorded run: <c>requests.jsonl</c> (one request a line), <c>meta.json</c> (model and engine
/// arguments), <c>deployment.json</c> (instances and links) and, when it is there, <c>timeseries.csv</c>.
/// </summary>
internal static class RecordedRunReader
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
