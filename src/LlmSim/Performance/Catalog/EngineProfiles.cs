namespace LlmSim.Performance.Catalog;

/// <summary>What engines were found to take beside their kernels, by kind and version.</summary>
internal sealed class EngineProfiles
{
    /// <summary>Of an engine those of earlier versions first.</summary>
    private readonly EngineProfile[] _profiles;

    private EngineProfiles(IEnumerable<EngineProfile> profiles) =>
        _profiles = [
            .. profiles.OrderBy(profile =>
                Version.TryParse(profile.BeforeVersion, out var before) ? before : s_afterAll
            ),
        ];

    private static readonly Version s_afterAll = new(int.MaxValue, 0);

    /// <summary>Those that come with the simulator.</summary>
    public static EngineProfiles BuiltIn { get; } =
        new(
            EmbeddedCatalog
                .Names(EngineProfileJson.Folder)
                .Select(name =>
                    EmbeddedCatalog.Parse(EngineProfileJson.Folder, name, EngineProfileJson.Parse)
                )
        );

    /// <summary>All of them.</summary>
    public IReadOnlyList<EngineProfile> All => _profiles;

    /// <summary>Those that a user has added.</summary>
    public IEnumerable<EngineProfile> Own => _profiles.Except(BuiltIn._profiles);

    /// <summary>These and others, each of which takes the place of the one of the same engine and versions.</summary>
    /// <exception cref="UserErrorException">Two of the others are of the same engine and versions.</exception>
    public EngineProfiles With(IReadOnlyCollection<EngineProfile> others)
    {
        var seen = new Dictionary<(EngineKind, string), string>();
        foreach (var other in others)
        {
            if (!seen.TryAdd((other.Kind, other.BeforeVersion), other.Name))
            {
                throw new UserErrorException(
                    $"engine profiles {seen[(other.Kind, other.BeforeVersion)]} and {other.Name} are both of {EngineDefaults.Name(other.Kind)}"
                        + (other.BeforeVersion.Length == 0 ? "" : $" before {other.BeforeVersion}")
                        + "; allowed: one of them"
                );
            }
        }

        return new(
            _profiles
                .Where(profile => !seen.ContainsKey((profile.Kind, profile.BeforeVersion)))
                .Concat(others)
        );
    }

    /// <summary>The profile of an engine; null where there is none of its kind.</summary>
    public EngineProfile? Find(EngineKind kind, string version) =>
        _profiles.FirstOrDefault(profile => profile.Kind == kind && profile.IsOf(version));

    /// <summary>The profile of an instance's engine; null where it says its times itself.</summary>
    public EngineProfile? Of(EngineSpec? engine) =>
        engine?.Overheads is null ? Find(engine?.Kind ?? EngineKind.Vllm, engine?.Version ?? "") : null;

    /// <summary>What an instance's engine takes: what it says itself, or else what was found for its kind and version.</summary>
    public EngineOverheads OverheadsOf(EngineSpec? engine) =>
        engine?.Overheads ?? Of(engine)?.Overheads ?? EngineOverheads.None;
}
