using System.Security.Cryptography;
using System.Text;

namespace LlmSim.Experiments.Sweeps;

/// <summary>SHA-256 of what is on the disk, in hexadecimal digits.</summary>
internal static class FileHash
{
    private const int BlockBytes = 1 << 16;

    /// <summary>Of the content of a file.</summary>
    public static string OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BlockBytes);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Of a file, or of all files of a folder with their names.</summary>
    public static string OfFileOrFolder(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string[] files = File.Exists(path)
            ? [path]
            :
            [
                .. Directory
                    .EnumerateFiles(path, "*", SearchOption.AllDirectories)
                    .Order(StringComparer.Ordinal),
            ];
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(path, file)));
            hash.AppendData(File.ReadAllBytes(file));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
