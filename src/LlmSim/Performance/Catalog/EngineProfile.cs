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

    /// <summary>Whether it is of that version of its engine.</summary>
    public bool IsOf(string version) =>
        BeforeVersion.Length == 0 || EngineDefaults.IsBefore(version, BeforeVersion);
}
