using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>Where a stage's instances come from: a file of the user, or the default that travels inside the assembly.</summary>
internal static class ClusterSource
{
    /// <summary>The instances of a stage.</summary>
    /// <param name="path">The user's file; null for the default of the semantics.</param>
    /// <param name="stage">"prefill" or "decode".</param>
    /// <param name="semantics">Their preset decides on the default.</param>
    /// <param name="hardware">Accelerators by name.</param>
    /// <exception cref="UserErrorException">The file is wrong; the message says where and what.</exception>
    public static IReadOnlyList<InstanceSpec> Load(
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
        return ClusterFile.Read(content.ToArray(), name, hardware.Get);
    }

    private static string DefaultName(string stage, Semantics semantics) =>
        semantics.Preset == Semantics.Reference.Preset
            ? $"configs/reference/{stage}_config.json"
            : $"configs/{stage}_config.json";

    private static Stream Default(string name) =>
        typeof(ClusterSource).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"{name} is not in the assembly");
}
