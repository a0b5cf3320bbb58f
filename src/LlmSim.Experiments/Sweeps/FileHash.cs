using System.Security.Cryptography;
using System.Text;

namespace LlmSim.Experiments.Sweeps;

/// <summary>SHA-256 of what is on the disk, in hexadecimal digits.</summary>
internal static class FileHash
{
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
