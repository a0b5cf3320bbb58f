using System.Collections.Concurrent;

namespace LlmSim.Performance.Kernels;

/// <summary>The measured operations that travel inside the assembly, each set read when it is first asked for.</summary>
internal static class KernelCatalog
{
    /// <summary>The engine whose operations stand for those of others.</summary>
    public const string DefaultEngine = "vllm";

    private const string Prefix = "catalog/kernels/";

    private static readonly ConcurrentDictionary<string, Lazy<KernelSet>> s_sets = new(
        StringComparer.Ordinal
    );

    /// <summary>Accelerators and engines that there are, ascending.</summary>
    public static IReadOnlyList<(string Hardware, string Engine)> Names { get; } =
    [
        .. typeof(KernelCatalog)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => name[Prefix.Length..^KernelSetFile.Extension.Length].Split('.'))
            .Select(parts => (parts[0], parts[1])),
    ];

    /// <summary>Name of the file of a set.</summary>
    public static string FileName(string hardware, string engine) =>
        $"{hardware}.{engine}{KernelSetFile.Extension}";

    /// <summary>The set of an accelerator and an engine, or of another engine on it; null where nothing was measured.</summary>
    public static KernelSet? Find(string hardware, string engine)
    {
        string[] engines = [.. Names.Where(name => name.Hardware == hardware).Select(name => name.Engine)];
        if (engines.Length == 0)
        {
            return null;
        }

        var resource = Prefix + FileName(hardware, Array.Find([engine, DefaultEngine, engines[0]], engines.Contains)!);
        return s_sets.GetOrAdd(resource, name => new(() => Read(name))).Value;
    }

    private static KernelSet Read(string resource)
    {
        using var stream =
            typeof(KernelCatalog).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the assembly");
        return KernelSetFile.Read(stream, resource);
    }
}
