namespace LlmSim.Experiments;

/// <summary>Where what can be made again is kept: $LLMSIM_CACHE, else llmsim in $XDG_CACHE_HOME or where the system has caches.</summary>
internal static class UserCache
{
    /// <summary>The folder of some purpose; null where the system has none.</summary>
    public static string? Folder(string name)
    {
        var root =
            NotEmpty("LLMSIM_CACHE")
            ?? (NotEmpty("XDG_CACHE_HOME") is { } caches ? Path.Combine(caches, "llmsim") : SystemFolder());
        return root is null ? null : Path.Combine(Path.GetFullPath(root), name);
    }

    private static string? SystemFolder()
    {
        var home = Environment.GetFolderPath(
            OperatingSystem.IsWindows()
                ? Environment.SpecialFolder.LocalApplicationData
                : Environment.SpecialFolder.UserProfile
        );
        return home.Length == 0 ? null
            : OperatingSystem.IsWindows() ? Path.Combine(home, "llmsim", "cache")
            : Path.Combine(home, ".cache", "llmsim");
    }

    private static string? NotEmpty(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
