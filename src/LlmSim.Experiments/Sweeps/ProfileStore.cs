using LlmSim.Experiments.Performance;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The measured profiles of a sweep: each is read once, and all its runs share it.</summary>
internal sealed class ProfileStore
{
    private readonly Dictionary<string, Profile> _profiles = new(StringComparer.Ordinal);

    /// <summary>The profile of a folder.</summary>
    /// <exception cref="UserErrorException">There is none, or a file of it is wrong.</exception>
    public Profile Get(string folder)
    {
        if (!_profiles.TryGetValue(folder, out var profile))
        {
            profile = new Profile(
                ProfileFolder.Load(folder),
                new InputFingerprint($"profile {folder}", FileHash.OfFileOrFolder(folder))
            );
            _profiles.Add(folder, profile);
        }

        return profile;
    }

    /// <summary>A profile and what identifies it.</summary>
    internal sealed record Profile(MeasuredProfile Measurements, InputFingerprint Fingerprint);
}
