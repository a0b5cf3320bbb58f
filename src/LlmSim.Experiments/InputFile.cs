using LlmSim.Experiments.Results;
using LlmSim.Workloads.Traces;
using ZstdSharp;

namespace LlmSim.Experiments;

/// <summary>Opens the files that a user names: traces, configurations, models.</summary>
internal static class InputFile
{
    /// <summary>
    /// The content of a file that is held in memory as a whole, such as a configuration; decompressed when its first bytes say gzip
    /// or zstd, whatever its name. Pipes are accepted.
    /// </summary>
    /// <exception cref="UserErrorException">
    /// The path does not exist, is a directory or may not be read; later, while reading: compressed data is damaged, or the content
    /// is longer than such files may be.
    /// </exception>
    public static Stream Open(string path)
    {
        var limits = InputLimits.Current;
        return Open(path, limits, limits.DocumentBytes);
    }

    /// <summary>The same for a file that is read row by row, such as a trace: it may have any length.</summary>
    /// <exception cref="UserErrorException">As above.</exception>
    internal static Stream OpenRows(string path) => Open(path, InputLimits.Current, long.MaxValue);

    /// <summary>The same for a file of up to some bytes.</summary>
    /// <exception cref="UserErrorException">As above.</exception>
    internal static Stream Open(string path, ReadLimits limits, long maxBytes)
    {
        RequireFile(path);
        try
        {
            // A pipe and a device have no length.
            Stream file =
                new FileInfo(path).Length > 0
                    ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1)
                    : new PipeStream(path, limits.Silence, limits.Hint);
            var head = new byte[4];
            var headLength = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            InputStream Content(Stream rest, InputStream? compressed = null) =>
                new(path, rest, limits)
                {
                    Head = compressed is null ? head.AsMemory(0, headLength) : default,
                    Compressed = compressed,
                    MaxBytes = maxBytes,
                };
            var content = Content(file);
            return head switch
            {
                [0x1F, 0x8B, ..] => Content(new GzipReader(content), content),
                [0x28, 0xB5, 0x2F, 0xFD] => Content(
                    new DecompressionStream(content, leaveOpen: false),
                    content
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
