using System.Text;
using LlmSim.Fleets;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>Where a stage's instances come from: a file of the user, or the default that travels inside the assembly.</summary>
internal static class ClusterSource
{
    /// <summary>The cluster of a configuration.</summary>
    /// <exception cref="UserErrorException">A file is wrong, or two ways to give the cluster are mixed.</exception>
    public static ClusterInstances Load(RunConfiguration configuration)
    {
        var entries = Entries(configuration);
        if (configuration.ExpertSkew is { } skew)
        {
            entries =
            [
                .. entries.Select(entry =>
                    entry.Instance.ExpertSkew is null
                        ? entry with
                        {
                            Instance = entry.Instance with { ExpertSkew = skew },
                        }
                        : entry
                ),
            ];
        }

        RequireEncoders(entries);
        return new ClusterInstances(
            Of(entries, InstanceRole.Prefill),
            Of(entries, InstanceRole.Decode),
            Of(entries, InstanceRole.Mixed)
        )
        {
            Encode = Of(entries, InstanceRole.Encode),
            Swaps = [.. Swaps(entries)],
        };
    }

    /// <summary>The instances of a configuration as its files give them, each with its role.</summary>
    /// <exception cref="UserErrorException">A file is wrong, or two ways to give the cluster are mixed.</exception>
    public static IReadOnlyList<ClusterEntry> Entries(RunConfiguration configuration)
    {
        var names = new ClusterNames(
            configuration.Catalogs.Hardware.Get,
            name => ServedModels.NameOf(configuration, name),
            configuration.Catalogs.Models.Get
        );
        if (configuration.ClusterContent is { } content)
        {
            return ClusterFile.Read(Encoding.UTF8.GetBytes(content), "cluster", names);
        }

        if (configuration.Cluster is not { } path)
        {
            var semantics = configuration.Semantics;
            return
            [
                .. Stage(configuration.PrefillConfig, InstanceRole.Prefill, semantics, names),
                .. Stage(configuration.DecodeConfig, InstanceRole.Decode, semantics, names),
            ];
        }

        if (configuration.PrefillConfig is not null || configuration.DecodeConfig is not null)
        {
            throw new UserErrorException(
                "cluster: gives the whole cluster; leave prefill_config and decode_config out"
            );
        }

        var entries = ReadWhole(path, names);
        return entries.FirstOrDefault(entry => entry.Role is null) is { } without
            ? throw new UserErrorException(
                $"{path}:{without.Line}: the instance has no role; allowed: prefill, decode, mixed, encode"
            )
            : entries;
    }

    /// <summary>The instances of a file, or of a text that is the list itself.</summary>
    private static IReadOnlyList<ClusterEntry> ReadWhole(string path, ClusterNames names)
    {
        if (path.StartsWith('['))
        {
            return ClusterFile.Read(Encoding.UTF8.GetBytes(path), "cluster", names);
        }

        using var stream = InputFile.Open(path);
        return Read(stream, path, names);
    }

    private static IReadOnlyList<InstanceSpec> Of(IReadOnlyList<ClusterEntry> entries, InstanceRole role) =>
        [.. entries.Where(entry => entry.Role == role).Select(entry => entry.Instance)];

    /// <summary>What encode instances have not, and that they are not alone.</summary>
    private static void RequireEncoders(IReadOnlyList<ClusterEntry> entries)
    {
        foreach (var entry in entries.Where(entry => entry.Role == InstanceRole.Encode))
        {
            var wrong =
                entry.Machine is not null ? "models: found on an encode instance; allowed there: model"
                : entry.Instance.Engine is not null
                    ? "engine: found on an encode instance; allowed there: none, since nothing is batched or kept there but pictures"
                : entry.Instance.PpSize > 1
                    ? $"pp_size: found {entry.Instance.PpSize} on an encode instance; allowed there: 1"
                : entry.Instance.CpSize is { } ranks
                    ? $"cp_size: found {ranks} on an encode instance; allowed there: 1"
                : entries.All(other => other.Role == InstanceRole.Encode)
                    ? "role: found encode alone; allowed: encode beside mixed, or beside prefill and decode"
                : null;
            if (wrong is not null)
            {
                throw new UserErrorException($"{entry.File}:{entry.Line}: {wrong}");
            }
        }
    }

    /// <summary>Instances that stand on the same accelerators; mixed ones are numbered after all others.</summary>
    private static IEnumerable<SwapPlan> Swaps(IReadOnlyList<ClusterEntry> entries)
    {
        int Count(InstanceRole role) => entries.Count(entry => entry.Role == role);
        var firstMixed = Math.Max(Count(InstanceRole.Prefill), Count(InstanceRole.Decode));
        foreach (var stage in entries.GroupBy(entry => entry.Role!.Value))
        {
            var first = stage.Key == InstanceRole.Mixed ? firstMixed : 0;
            foreach (
                var machine in stage
                    .Select((entry, index) => (entry.Machine, Index: first + index))
                    .Where(one => one.Machine is not null)
                    .GroupBy(one => one.Machine!)
            )
            {
                yield return new SwapPlan(
                    stage.Key.ToString().ToLowerInvariant(),
                    [.. machine.Select(one => one.Index)],
                    machine.Key.SwapAfterSeconds
                );
            }
        }
    }

    /// <summary>The instances of a stage.</summary>
    /// <param name="path">The user's file; null for the default of the semantics.</param>
    /// <param name="role">Prefill or decode.</param>
    /// <param name="semantics">Their preset decides on the default.</param>
    /// <param name="names">Accelerators and models.</param>
    /// <exception cref="UserErrorException">The file is wrong; the message says where and what.</exception>
    private static IEnumerable<ClusterEntry> Stage(
        string? path,
        InstanceRole role,
        Semantics semantics,
        ClusterNames names
    )
    {
        var stage = role == InstanceRole.Prefill ? "prefill" : "decode";
        var name = path ?? DefaultName(stage, semantics);
        using var stream = path is null ? Default(name) : InputFile.Open(path);
        var entries = Read(stream, name, names);
        return entries.FirstOrDefault(entry => entry.Role is { } other && other != role) is { } wrong
            ? throw new UserErrorException(
                $"{name}:{wrong.Line}: role: these are {stage} instances; give a cluster of several roles with --cluster"
            )
            : entries.Select(entry => entry with { Role = role });
    }

    private static IReadOnlyList<ClusterEntry> Read(Stream stream, string name, ClusterNames names)
    {
        var json = Utf8Document.Read(stream, name, JsonFields.LargestBytes, "a list of instances");
        return ClusterFile.Read(json.Span, name, names);
    }

    private static string DefaultName(string stage, Semantics semantics) =>
        semantics.Preset == Semantics.Reference.Preset
            ? $"configs/reference/{stage}_config.json"
            : $"configs/{stage}_config.json";

    private static Stream Default(string name) =>
        typeof(ClusterSource).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"{name} is not in the assembly");
}

/// <summary>The instances of a cluster by their roles.</summary>
internal sealed record ClusterInstances(
    IReadOnlyList<InstanceSpec> Prefill,
    IReadOnlyList<InstanceSpec> Decode,
    IReadOnlyList<InstanceSpec> Mixed
)
{
    /// <summary>Those of them that stand on the same accelerators.</summary>
    public IReadOnlyList<SwapPlan> Swaps { get; init; } = [];

    /// <summary>Those that encode pictures for the others.</summary>
    public IReadOnlyList<InstanceSpec> Encode { get; init; } = [];

    /// <summary>All of them.</summary>
    public IEnumerable<InstanceSpec> All => Prefill.Concat(Decode).Concat(Mixed).Concat(Encode);
}

/// <summary>An instance of a cluster file.</summary>
/// <param name="Role">What it does; null where the file does not say.</param>
/// <param name="Instance">The instance.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Fields">The fields that it gives.</param>
internal sealed record ClusterEntry(
    InstanceRole? Role,
    InstanceSpec Instance,
    string File,
    int Line,
    IReadOnlySet<string> Fields
)
{
    /// <summary>The accelerators that it shares with instances of other models; null where they are its own.</summary>
    public ClusterMachine? Machine { get; init; }
}

/// <summary>Accelerators that hold one model at a time.</summary>
internal sealed class ClusterMachine(double swapAfterSeconds)
{
    public double SwapAfterSeconds => swapAfterSeconds;
}
