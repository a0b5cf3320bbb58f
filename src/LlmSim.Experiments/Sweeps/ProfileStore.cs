using System.Security.Cryptography;
using System.Text;
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
                new InputFingerprint($"profile {folder}", HashFiles(folder))
            );
            _profiles.Add(folder, profile);
        }

        return profile;
    }

    private static string HashFiles(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (
            var file in Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal)
        )
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file)));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A profile and what identifies it.</summary>
    internal sealed record Profile(MeasuredProfile Measurements, InputFingerprint Fingerprint);
}
