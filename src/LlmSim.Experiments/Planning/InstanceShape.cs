using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LlmSim.Performance;

namespace LlmSim.Experiments.Planning;

/// <summary>What all instances of a candidate are: a candidate is a shape and how many of it.</summary>
internal sealed record InstanceShape
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>The accelerator.</summary>
    public required HardwareDescription Hardware { get; init; }

    /// <summary>Accelerators of an instance.</summary>
    public required int TpSize { get; init; }

    /// <summary>Accelerators that the experts of a layer are divided over; 1 where each instance holds all.</summary>
    public int ExpertParallel { get; init; } = 1;

    /// <summary>Whether some instances prefill and others decode.</summary>
    public required bool IsDisaggregated { get; init; }

    /// <summary>Whose rules the instances batch by.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>Most tokens of an iteration of an instance that prefills; null for the engine's own.</summary>
    public int? MaxBatchedTokens { get; init; }

    /// <summary>As "h100_sxm-tp4-mixed-chunk2048", for files and tables.</summary>
    public string Name
    {
        get
        {
            var hardware = Hardware.Name[(Hardware.Name.IndexOf('_', StringComparison.Ordinal) + 1)..];
            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{hardware.ToLowerInvariant()}-tp{TpSize}{(ExpertParallel > 1 ? "-ep" : "")}{(IsDisaggregated ? "-pd" : "")}"
            );
            return MaxBatchedTokens is { } tokens
                ? string.Create(CultureInfo.InvariantCulture, $"{text}-chunk{tokens}")
                : text;
        }
    }

    /// <summary>The cluster file of so many instances.</summary>
    public string ClusterFile(ClusterSize size)
    {
        var instances = IsDisaggregated
            ? new JsonArray(Instances("prefill", size.Prefill), Instances("decode", size.Decode))
            : new JsonArray(Instances("mixed", size.Mixed));
        return instances.ToJsonString(s_indented) + "\n";
    }

    private JsonObject Instances(string role, int count)
    {
        var engine = new JsonObject { ["kind"] = EngineDefaults.Name(Engine) };
        if (MaxBatchedTokens is { } tokens && role != "decode")
        {
            engine["max_num_batched_tokens"] = tokens;
        }

        var instance = new JsonObject
        {
            ["role"] = role,
            ["hardware"] = Hardware.Name,
            ["tp_size"] = TpSize,
            ["count"] = count,
        };
        if (ExpertParallel > 1)
        {
            instance["expert_parallel"] = ExpertParallel;
        }

        instance["engine"] = engine;
        return instance;
    }
}

/// <summary>How many instances of a shape.</summary>
/// <param name="Mixed">Instances that do both; 0 in a disaggregated cluster.</param>
/// <param name="Prefill">Instances that prefill.</param>
/// <param name="Decode">Instances that decode.</param>
internal readonly record struct ClusterSize(int Mixed, int Prefill, int Decode)
{
    public static ClusterSize OfMixed(int instances) => new(instances, 0, 0);

    public static ClusterSize Of(int prefill, int decode) => new(0, prefill, decode);

    /// <summary>All instances.</summary>
    public int Instances => Mixed + Prefill + Decode;

    /// <summary>As "3" or "2p3d".</summary>
    public override string ToString() =>
        Mixed > 0
            ? Mixed.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{Prefill}p{Decode}d");
}

/// <summary>A cluster that could be bought.</summary>
internal readonly record struct Candidate(InstanceShape Shape, ClusterSize Size)
{
    /// <summary>Accelerators of all instances.</summary>
    public int Accelerators => Shape.TpSize * Size.Instances;

    /// <summary>As "h100_sxm-tp4-x3" or "h200-tp2-pd-2p3d".</summary>
    public string Name => Shape.IsDisaggregated ? $"{Shape.Name}-{Size}" : $"{Shape.Name}-x{Size}";

    /// <summary>As "3 x NVIDIA_H100_SXM tp 4, mixed".</summary>
    public string Words
    {
        get
        {
            var what = string.Create(
                CultureInfo.InvariantCulture,
                $"{Shape.Hardware.Name} tp {Shape.TpSize}{(Shape.ExpertParallel > 1 ? " with expert parallelism" : "")}"
            );
            return Shape.IsDisaggregated
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Size.Prefill} prefill and {Size.Decode} decode instances of {what}"
                )
                : string.Create(CultureInfo.InvariantCulture, $"{Size.Mixed} mixed x {what}");
        }
    }
}
