using System.Collections.Concurrent;
using LlmSim.Performance.Catalog;

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

    private static readonly ConcurrentDictionary<
        (string Hardware, string Engine),
        Lazy<KernelSet>
    > s_completed = new();

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

    /// <summary>Whether there is a set of an accelerator, its own or one of others that resemble it.</summary>
    public static bool Has(string hardware) =>
        KernelKin.Of(hardware).Count > 0 || Names.Any(name => name.Hardware == hardware);

    /// <summary>Name of the file of a set.</summary>
    public static string FileName(string hardware, string engine) =>
        $"{hardware}.{engine}{KernelSetFile.Extension}";

    /// <summary>
    /// The set of an accelerator and an engine, or of another engine on it; what was not measured on it comes from those that resemble it.
    /// Null where nothing was measured that resembles it.
    /// </summary>
    public static KernelSet? Find(string hardware, string engine)
    {
        if (KernelKin.Of(hardware).Count == 0)
        {
            return FindOwn(hardware, engine);
        }

        return s_completed
            .GetOrAdd(
                (hardware, engine),
                key =>
                    new(() =>
                        Complete(
                            HardwareCatalog.BuiltIn.Get(key.Hardware),
                            FindOwn(key.Hardware, key.Engine),
                            key.Engine
                        )
                    )
            )
            .Value;
    }

    /// <summary>Measured operations with those that they lack from accelerators that resemble theirs.</summary>
    public static KernelSet WithKin(KernelSet kernels, HardwareDescription hardware) =>
        Complete(hardware, kernels, kernels.Source.Engine);

    private static KernelSet Complete(HardwareDescription hardware, KernelSet? own, string engine) =>
        KernelTransfer.Complete(
            hardware,
            engine,
            own,
            [.. KernelKin.Of(hardware.Name).Select(name => FindOwn(name, engine)!)]
        );

    /// <summary>What was measured on an accelerator itself; null where nothing was.</summary>
    public static KernelSet? FindOwn(string hardware, string engine)
    {
        string[] engines = [.. Names.Where(name => name.Hardware == hardware).Select(name => name.Engine)];
        if (engines.Length == 0)
        {
            return null;
        }

        var chosen = Array.Find([engine, DefaultEngine, engines[0]], engines.Contains)!;
        return s_sets.GetOrAdd(Prefix + FileName(hardware, chosen), name => new(() => Read(name))).Value;
    }

    private static KernelSet Read(string resource)
    {
        using var stream =
            typeof(KernelCatalog).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not in the assembly");
        return KernelSetFile.Read(stream, resource);
    }
}
