using System.Text.Json;
using LlmSim.Experiments.Costs;
using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>
/// Reads a cluster file: a JSON list with one object for each instance, or for <c>count</c> identical ones.
/// </summary>
/// <remarks>
/// <c>[{ "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 2 }]</c>; optional are <c>memory_utilization</c>,
/// <c>activation_bytes</c>, <c>kv_link_bytes_per_second</c>, <c>kv_link_latency_seconds</c>, <c>expert_parallel</c>, in the
/// place of the accelerator's own <c>link_bytes_per_second</c>, <c>link_latency_seconds</c>, <c>gpus_per_node</c>,
/// <c>nic_bytes_per_second</c> and <c>nic_latency_seconds</c>, <c>all2all_backend</c>, <c>price_per_hour</c>, <c>role</c>, and <c>engine</c>, an object of its own (<see cref="EngineSpec" />). Comments and trailing commas are allowed, unknown fields are not.
/// </remarks>
internal ref partial struct ClusterFile
{
    private const int MaxInstances = 100_000;
    private static readonly FigureRange s_instances = new(1, MaxInstances);

    private static readonly string[] s_fields =
    [
        "hardware",
        "tp_size",
        "count",
        "memory_utilization",
        "activation_bytes",
        "kv_link_bytes_per_second",
        "kv_link_latency_seconds",
        "expert_parallel",
        "link_bytes_per_second",
        "link_latency_seconds",
        "gpus_per_node",
        "nic_bytes_per_second",
        "nic_latency_seconds",
        "all2all_backend",
        "price_per_hour",
        "role",
        "engine",
    ];

    private static readonly string[] s_roles = ["prefill", "decode", "mixed"];

    private static readonly string[] s_backends =
    [
        "allgather_reducescatter",
        "deepep_low_latency",
        "deepep_high_throughput",
    ];

    private readonly string _name;
    private readonly ReadOnlySpan<byte> _json;
    private readonly Func<string, HardwareDescription> _hardware;
    private Utf8JsonReader _reader;

    /// <summary>Up to where lines were counted for the instances so far, and how many.</summary>
    private (int Position, int Line) _counted = (0, 1);

    /// <summary>Fields that the engine of the instance has: the defaults of the others depend on its kind and accelerator.</summary>
    private HashSet<string> _givenOfEngine = [];

    private ClusterFile(ReadOnlySpan<byte> json, string name, Func<string, HardwareDescription> hardware)
    {
        _json = json;
        _name = name;
        _hardware = hardware;
        _reader = new Utf8JsonReader(
            json,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
        );
    }

    /// <summary>The instances that a file describes, in its order.</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="hardware">Finds an accelerator by its name.</param>
    /// <exception cref="UserErrorException">Something in the file is wrong; the message says where and what.</exception>
    public static IReadOnlyList<ClusterEntry> Read(
        ReadOnlySpan<byte> json,
        string name,
        Func<string, HardwareDescription> hardware
    )
    {
        var file = new ClusterFile(json.StartsWith("\uFEFF"u8) ? json[3..] : json, name, hardware);
        try
        {
            return file.ReadList();
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{name}:{e.LineNumber + 1}: is not JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException($"{file.Where()}: is not UTF-8 text", e);
        }
    }

    private List<ClusterEntry> ReadList()
    {
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartArray)
        {
            throw Error(
                "is not a list of instances: [{ \"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 4 }]"
            );
        }

        var instances = new List<ClusterEntry>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var (instance, count) = ReadInstance();
            if (instances.Count + count > MaxInstances)
            {
                throw Error($"has more than {MaxInstances} instances");
            }

            instances.AddRange(Enumerable.Repeat(instance, count));
        }

        if (instances.Count == 0)
        {
            throw Error("has no instances: a stage needs at least one");
        }

        // Whatever follows the list is an error that the JSON reader finds.
        _reader.Read();
        return instances;
    }

    private (ClusterEntry Entry, int Count) ReadInstance()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error($"found {Found()} where an instance {{ … }} should be");
        }

        var start = (int)_reader.TokenStartIndex;
        var fields = new HashSet<string>(StringComparer.Ordinal);
        // Without hardware and tp_size until these fields have been read.
        var instance = new InstanceSpec { Hardware = null!, TpSize = 0 };
        InstanceRole? role = null;
        var count = 1;
        while (ReadFieldName(fields, s_fields) is { } field)
        {
            count = field == "count" ? (int)Whole(field, s_instances) : count;
            role = field == "role" ? (InstanceRole)OneOf(field, s_roles) : role;
            instance = ReadField(field, instance);
        }

        var missing = s_fields[..2].Where(field => !fields.Contains(field)).ToArray();
        return missing.Length == 0
            ? (
                new ClusterEntry(
                    role,
                    WithDefaultsOfEngine(instance, fields),
                    _name,
                    LineOfInstance(start),
                    fields
                ),
                count
            )
            : throw new UserErrorException($"{Where(start)}: the instance has no {missing[0]}");
    }

    /// <summary>The next field of an object, its value about to be looked at; null at the object's end.</summary>
    private string? ReadFieldName(HashSet<string> fields, string[] allowed)
    {
        if (!_reader.Read() || _reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        var field = _reader.GetString()!;
        if (!fields.Add(field))
        {
            throw Error($"{field}: is given twice");
        }

        if (!allowed.Contains(field))
        {
            throw Error(
                $"unknown field '{field}'; allowed: {string.Join(", ", allowed)}.{Suggestion.For(field, allowed)}"
            );
        }

        _reader.Read();
        return field;
    }

    private InstanceSpec ReadField(string field, InstanceSpec instance) =>
        field switch
        {
            "hardware" => instance with { Hardware = FindHardware() },
            "tp_size" => instance with { TpSize = (int)Whole(field, FigureRanges.TpSize) },
            "memory_utilization" => instance with
            {
                MemoryUtilization = Number(field, FigureRanges.PositiveShare),
            },
            "activation_bytes" => instance with { ActivationBytes = Whole(field, FigureRanges.TakenBytes) },
            "kv_link_bytes_per_second" => instance with
            {
                KvLinkBytesPerSecond = Number(field, FigureRanges.BytesPerSecond),
            },
            "kv_link_latency_seconds" => instance with
            {
                KvLinkLatencySeconds = Number(field, FigureRanges.Seconds),
            },
            "expert_parallel" => instance with
            {
                ExpertParallel = (int)Whole(field, FigureRanges.ExpertParallel),
            },
            "link_bytes_per_second" => instance with
            {
                LinkBytesPerSecond = Number(field, FigureRanges.BytesPerSecond),
            },
            "link_latency_seconds" => instance with
            {
                LinkLatencySeconds = Number(field, FigureRanges.Seconds),
            },
            "gpus_per_node" => instance with { GpusPerNode = (int)Whole(field, FigureRanges.GpusPerNode) },
            "nic_bytes_per_second" => instance with
            {
                NicBytesPerSecond = Number(field, FigureRanges.BytesPerSecond),
            },
            "nic_latency_seconds" => instance with
            {
                NicLatencySeconds = Number(field, FigureRanges.Seconds),
            },
            "all2all_backend" => instance with
            {
                AllToAllBackend = (AllToAllBackend)OneOf(field, s_backends),
            },
            "price_per_hour" => instance with { PricePerHour = Number(field, PriceList.Range) },
            "engine" => instance with { Engine = ReadEngine() },
            _ => instance,
        };
}
