using System.Security.Cryptography;
using System.Text;
using LlmSim.Experiments.Results;

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
    /// <exception cref="UserErrorException">Something of it cannot be read.</exception>
    public static string OfFileOrFolder(string path)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in File.Exists(path) ? [path] : InputFolder.FilesUnder(path))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(path, file)));
            Append(hash, file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string path)
    {
        FileClaims.Read(path);
        try
        {
            using var file = File.OpenRead(path);
            var part = new byte[1 << 16];
            for (int count; (count = file.Read(part)) > 0; )
            {
                hash.AppendData(part.AsSpan(0, count));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: cannot be read: {error.Message}", error);
        }
    }
}
