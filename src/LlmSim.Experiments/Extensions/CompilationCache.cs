using System.Security.Cryptography;
using System.Text;

namespace LlmSim.Experiments.Extensions;

/// <summary>
/// Compiled sources on disk, by a hash of all that their code depends on: source, simulator, version of .NET. An entry is
/// written whole and then named, so any number of processes may share a cache; one that is damaged is compiled again. What is in
/// it is run: a folder that is not the user's own, or that others may enter, is left alone. That, or a folder that cannot be
/// written, only costs time, and so is no error.
/// </summary>
/// <param name="folder">Where the entries are; null for no cache.</param>
internal sealed class CompilationCache(string? folder)
{
    private static readonly string s_simulator = string.Join(
        ' ',
        new[] { typeof(CompilationCache), typeof(Scenario), typeof(Kernel.SimTime) }.Select(type =>
            type.Assembly.ManifestModule.ModuleVersionId
        )
    );

    /// <summary>In the user's cache.</summary>
    public static CompilationCache Default { get; } = new(UserCache.Folder("policies"));

    /// <summary>The assembly of a source: from the cache, or compiled and kept.</summary>
    public byte[] GetOrAdd(string fileName, byte[] source, Func<byte[]> compile)
    {
        if (folder is null || !IsPrivate())
        {
            return compile();
        }

        var path = Path.Combine(folder, $"{Key(fileName, source)}.dll");
        if (Read(path) is { } cached)
        {
            return cached;
        }

        var assembly = compile();
        Write(path, assembly);
        return assembly;
    }

    private static string Key(string fileName, byte[] source)
    {
        var key = $"{s_simulator} {Environment.Version} {fileName}\n";
        return Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(key), .. source]));
    }

    /// <summary>An entry is the hash of an assembly and the assembly; null when there is none or it is damaged.</summary>
    private static byte[]? Read(string path)
    {
        try
        {
            var entry = File.ReadAllBytes(path);
            var assembly = entry.AsSpan(Math.Min(entry.Length, SHA256.HashSizeInBytes));
            return entry.AsSpan().StartsWith(SHA256.HashData(assembly)) ? assembly.ToArray() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void Write(string path, byte[] assembly)
    {
        var partial = Path.Combine(folder!, $".{Path.GetRandomFileName()}.partial");
        try
        {
            File.WriteAllBytes(partial, [.. SHA256.HashData(assembly), .. assembly]);
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DeleteQuietly(partial);
        }
    }

    private bool IsPrivate()
    {
        try
        {
            CreateFolder();
            return UnixFile.IsPrivateFolder(folder!)
                && UnixFile.IsSafeParent(Path.GetDirectoryName(folder!)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder!);
        }
        else
        {
            Directory.CreateDirectory(
                folder!,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            );
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is a hidden file in a folder that cannot be written any more.
        }
    }
}
