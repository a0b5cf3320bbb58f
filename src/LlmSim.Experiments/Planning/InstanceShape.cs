using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using LlmSim.Performance;

namespace LlmSim.Experiments.Planning;

/// <summary>What the instances of a candidate are: a candidate is a shape and how many of it.</summary>
internal sealed record InstanceShape
{
    /// <summary>The role of instances that compute prompts.</summary>
    public const string Prefill = "prefill";

    /// <summary>The role of those that generate outputs.</summary>
    public const string Decode = "decode";

    private const string Mixed = "mixed";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Instances that do both, or that prefill.</summary>
    public required InstanceLayout Layout { get; init; }

    /// <summary>Those that decode; null where instances do both.</summary>
    public InstanceLayout? DecodeLayout { get; init; }

    /// <summary>Whose rules the instances batch by.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>Most tokens of an iteration of an instance that prefills; null for the engine's own.</summary>
    public int? MaxBatchedTokens { get; init; }

    /// <summary>Format and policies, where the question has several.</summary>
    public ServingSetup Setup { get; init; } = ServingSetup.Asked;

    /// <summary>Why nothing of it can serve the model; null where it may.</summary>
    public string? Impossible { get; init; }

    /// <summary>Whether some instances prefill and others decode.</summary>
    public bool IsDisaggregated => DecodeLayout is not null;

    /// <summary>Its accelerators, each kind once.</summary>
    public IEnumerable<HardwareDescription> Hardware => Layouts.Select(layout => layout.Hardware).Distinct();

    /// <summary>As "NVIDIA_H100_SXM", or with another that decodes "NVIDIA_B200 + NVIDIA_H100_SXM".</summary>
    public string HardwareName => string.Join(" + ", Hardware.Select(hardware => hardware.Name));

    /// <summary>As "h100_sxm-tp4-chunk2048", "h100_sxm-tp4-pd" or "b200-tp1+h100_sxm-tp2-pd", for files and tables.</summary>
    public string Name
    {
        get
        {
            var layouts = string.Join('+', Layouts.Select(layout => layout.Name).Distinct());
            var chunk = MaxBatchedTokens is { } tokens
                ? string.Create(CultureInfo.InvariantCulture, $"-chunk{tokens}")
                : "";
            return $"{layouts}{(IsDisaggregated ? "-pd" : "")}{chunk}{Setup.Suffix}";
        }
    }

    private IEnumerable<InstanceLayout> Layouts => DecodeLayout is { } decode ? [Layout, decode] : [Layout];

    /// <summary>The instances of a cluster by their role.</summary>
    public IEnumerable<(string Role, InstanceLayout Layout, int Count)> Roles(ClusterSize size) =>
        DecodeLayout is { } decode
            ? [(Prefill, Layout, size.Prefill), (Decode, decode, size.Decode)]
            : [(Mixed, Layout, size.Mixed)];

    /// <summary>The cluster file of so many instances.</summary>
    public string ClusterFile(ClusterSize size) =>
        new JsonArray([
            .. Roles(size)
                .SelectMany(part =>
                    part.Layout.Entries(
                        part.Role,
                        part.Count,
                        Engine,
                        part.Role == Decode ? null : MaxBatchedTokens
                    )
                ),
        ]).ToJsonString(s_indented) + "\n";
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
    public int Accelerators => Shape.Roles(Size).Sum(part => part.Count * part.Layout.Accelerators);

    /// <summary>As "h100_sxm-tp4-x3" or "h200-tp2-pd-2p3d".</summary>
    public string Name => Shape.IsDisaggregated ? $"{Shape.Name}-{Size}" : $"{Shape.Name}-x{Size}";

    /// <summary>As "3 mixed x NVIDIA_H100_SXM tp 4".</summary>
    public string Words
    {
        get
        {
            var setup = string.Concat(
                Shape.Setup.Settings.Select(setting => $", {setting.Option} {setting.Value}")
            );
            return Shape.DecodeLayout is not { } decode
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Size.Mixed} mixed x {Shape.Layout.Words}{setup}"
                    )
                : decode == Shape.Layout
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Size.Prefill} prefill and {Size.Decode} decode instances of {decode.Words}{setup}"
                    )
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Size.Prefill} prefill instances of {Shape.Layout.Words} and {Size.Decode} decode instances of {decode.Words}{setup}"
                );
        }
    }
}
