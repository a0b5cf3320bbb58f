namespace LlmSim.Performance.Catalog;

/// <summary>What the versions of an engine were found to take beside its kernels.</summary>
internal sealed record EngineProfile
{
    /// <summary>The name, which is that of its file.</summary>
    public required string Name { get; init; }

    /// <summary>The engine.</summary>
    public required EngineKind Kind { get; init; }

    /// <summary>The first version that it is not of; empty when it is of the latest.</summary>
    public required string BeforeVersion { get; init; }

    /// <summary>What it takes.</summary>
    public required EngineOverheads Overheads { get; init; }

    /// <summary>Where the figures come from, with their errors on what was held out.</summary>
    public required string Source { get; init; }

    /// <summary>The profiles that come with the simulator; of an engine those of earlier versions first.</summary>
    public static IReadOnlyList<EngineProfile> BuiltIn { get; } =
    [
        .. EmbeddedCatalog
            .Names(EngineProfileJson.Folder)
            .Select(name => EmbeddedCatalog.Parse(EngineProfileJson.Folder, name, EngineProfileJson.Parse))
            .OrderBy(profile => profile.BeforeVersion.Length == 0),
    ];

    /// <summary>The profile of an engine; null where there is none of its kind.</summary>
    public static EngineProfile? Find(EngineKind kind, string version) =>
        BuiltIn.FirstOrDefault(profile =>
            profile.Kind == kind
            && (profile.BeforeVersion.Length == 0 || EngineDefaults.IsBefore(version, profile.BeforeVersion))
        );

    /// <summary>What an instance's engine takes: what it says itself, or else what was found for its kind and version.</summary>
    public static EngineOverheads OverheadsOf(EngineSpec? engine) =>
        engine?.Overheads
        ?? Find(engine?.Kind ?? EngineKind.Vllm, engine?.Version ?? "")?.Overheads
        ?? EngineOverheads.None;
}
