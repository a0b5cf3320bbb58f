using ICSharpCode.SharpZipLib.GZip;
using LlmSim.Experiments.Results;
using ZstdSharp;

namespace LlmSim.Experiments;

/// <summary>Opens the files that a user names: traces, configurations, models.</summary>
public static class InputFile
{
    /// <summary>
    /// The content of a file, decompressed when its first bytes say gzip or zstd, whatever its name. Pipes are accepted.
    /// </summary>
    /// <exception cref="UserErrorException">
    /// The path does not exist, is a directory or may not be read; later, while reading: compressed data is damaged.
    /// </exception>
    public static Stream Open(string path)
    {
        RequireFile(path);
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            var head = new byte[4];
            var headLength = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            var content = new InputStream(path, file, head.AsMemory(0, headLength));
            return head switch
            {
                // Not .NET's GZipStream, which takes data that is cut off for data that ends there.
                [0x1F, 0x8B, ..] => new InputStream(path, new GZipInputStream(content)),
                [0x28, 0xB5, 0x2F, 0xFD] => new InputStream(
                    path,
                    new DecompressionStream(content, leaveOpen: false)
                ),
                _ => content,
            };
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UserErrorException($"{path}: no permission to read it", error);
        }
        catch (IOException error)
        {
            throw new UserErrorException($"{path}: cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Fails when there is no such file, before work begins that would need it only later.</summary>
    /// <exception cref="UserErrorException">The path does not exist, is a directory, or is written by the same command.</exception>
    public static void RequireFile(string path)
    {
        OutputFile.RequirePath("file", path);
        if (Directory.Exists(path))
        {
            throw new UserErrorException($"{path}: is a directory; allowed: a file");
        }

        if (!File.Exists(path))
        {
            throw new UserErrorException(
                $"{path}: no such file.{Suggestion.For(Path.GetFileName(path), Neighbours(path))}"
            );
        }

        FileClaims.Read(path);
    }

    private static IEnumerable<string> Neighbours(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        return Directory.Exists(folder)
            ? Directory
                .EnumerateFiles(folder, "*", new EnumerationOptions())
                .Select(file => Path.GetFileName(file))
            : [];
    }
}
