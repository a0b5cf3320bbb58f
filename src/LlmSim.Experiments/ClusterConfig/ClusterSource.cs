using LlmSim.Batching;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>Where a stage's instances come from: a file of the user, or the default that travels inside the assembly.</summary>
internal static class ClusterSource
{
    /// <summary>The cluster of a configuration.</summary>
    /// <exception cref="UserErrorException">A file is wrong, or two ways to give the cluster are mixed.</exception>
    public static ClusterInstances Load(RunConfiguration configuration)
    {
        var hardware = configuration.Catalogs.Hardware;
        if (configuration.Cluster is not { } path)
        {
            return new ClusterInstances(
                Load(configuration.PrefillConfig, "prefill", configuration.Semantics, hardware),
                Load(configuration.DecodeConfig, "decode", configuration.Semantics, hardware),
                Mixed: []
            );
        }

        if (configuration.PrefillConfig is not null || configuration.DecodeConfig is not null)
        {
            throw new UserErrorException(
                "cluster: gives the whole cluster; leave prefill_config and decode_config out"
            );
        }

        using var stream = InputFile.Open(path);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var entries = ClusterFile.Read(content.ToArray(), path, hardware.Get);
        return entries.FirstOrDefault(entry => entry.Role is null) is { } without
            ? throw new UserErrorException(
                $"{path}:{without.Line}: the instance has no role; allowed: prefill, decode, mixed"
            )
            : new ClusterInstances(
                Of(entries, InstanceRole.Prefill),
                Of(entries, InstanceRole.Decode),
                Of(entries, InstanceRole.Mixed)
            );
    }

    private static IReadOnlyList<InstanceSpec> Of(IReadOnlyList<ClusterEntry> entries, InstanceRole role) =>
        [.. entries.Where(entry => entry.Role == role).Select(entry => entry.Instance)];

    /// <summary>The instances of a stage.</summary>
    /// <param name="path">The user's file; null for the default of the semantics.</param>
    /// <param name="stage">"prefill" or "decode".</param>
    /// <param name="semantics">Their preset decides on the default.</param>
    /// <param name="hardware">Accelerators by name.</param>
    /// <exception cref="UserErrorException">The file is wrong; the message says where and what.</exception>
    private static IReadOnlyList<InstanceSpec> Load(
        string? path,
        string stage,
        Semantics semantics,
        HardwareCatalog hardware
    )
    {
        var name = path ?? DefaultName(stage, semantics);
        using var stream = path is null ? Default(name) : InputFile.Open(path);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        var entries = ClusterFile.Read(content.ToArray(), name, hardware.Get);
        var role = Enum.Parse<InstanceRole>(stage, ignoreCase: true);
        return entries.FirstOrDefault(entry => entry.Role is { } other && other != role) is { } wrong
            ? throw new UserErrorException(
                $"{name}:{wrong.Line}: role: these are {stage} instances; give a cluster of several roles with --cluster"
            )
            : [.. entries.Select(entry => entry.Instance)];
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
);

/// <summary>An instance of a cluster file.</summary>
/// <param name="Role">What it does; null where the file does not say.</param>
/// <param name="Instance">The instance.</param>
/// <param name="Line">Where it stands in the file, from 1.</param>
internal sealed record ClusterEntry(InstanceRole? Role, InstanceSpec Instance, int Line);
