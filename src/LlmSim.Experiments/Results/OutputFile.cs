using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LlmSim.Experiments.Results;

/// <summary>
/// A result file that appears whole or not at all: it is written to a temporary file beside it, which takes its name at
/// <see cref="Commit" /> and is deleted otherwise. A link stays one: the file that it names is written. A device or a pipe is
/// written to as it is.
/// </summary>
internal sealed class OutputFile : IDisposable
{
    private static readonly HashSet<string> s_unfinished = new(StringComparer.Ordinal);
    private static bool s_isEnding;

    private readonly string _path;
    private readonly string? _temporaryPath;
    private readonly IDisposable? _claim;
    private bool _committed;

    /// <summary>Opens the temporary file, so that a path that cannot be written is known before the simulation.</summary>
    /// <param name="option">The command-line option that gave the path, for messages.</param>
    /// <param name="path">Where the result goes.</param>
    /// <exception cref="UserErrorException">The path cannot be written, or is a file that is read.</exception>
    public OutputFile(string option, string path)
        : this(option, path, isUpdate: false) { }

    /// <summary>The same; an update is of a file that was read for it.</summary>
    internal OutputFile(string option, string path, bool isUpdate)
    {
        RequirePath(option, path);
        var isDirect = IsDirect(path);
        _path = isDirect ? Path.GetFullPath(path) : FileIdentity.RealPath(path);
        _temporaryPath = isDirect ? null : TemporaryPath(_path);
        RequireFile(option, path);
        _claim = isUpdate ? null : FileClaims.Write(option, path);
        try
        {
            DeleteAbandoned();
            Stream = Open();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _claim?.Dispose();
            throw new UserErrorException($"{option} {path}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>What will be the file's content.</summary>
    public FileStream Stream { get; }

    /// <summary>Writes text as UTF-8.</summary>
    /// <exception cref="UserErrorException">The path cannot be written.</exception>
    public static void Write(string option, string path, string text)
    {
        using var file = new OutputFile(option, path);
        file.Write(text);
    }

    /// <summary>Writes text as UTF-8 and commits it.</summary>
    internal void Write(string text)
    {
        Stream.Write(Encoding.UTF8.GetBytes(text));
        Commit();
    }

    /// <summary>Deletes all temporary files of this process, which is about to end, between two commits. None is made after it.</summary>
    public static void DeleteUnfinished()
    {
        lock (CommitLock)
        {
            s_isEnding = true;
            foreach (var path in s_unfinished)
            {
                Delete(path);
            }
        }
    }

    /// <summary>Told of each temporary file that is made; null for nobody.</summary>
    internal static Action<string>? OnUnfinished { get; set; }

    /// <summary>Fails at a path that cannot be one.</summary>
    /// <exception cref="UserErrorException">It cannot be one.</exception>
    internal static void RequirePath(string option, string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new UserErrorException($"{option}: found '{path}'; allowed: the name of a file.");
        }
    }

    /// <summary>
    /// Whether a path is written to as it is: a device, a pipe, or an open file of this process. A file must not take its place.
    /// </summary>
    internal static bool IsDirect(string path)
    {
        var full = Path.GetFullPath(path);
        return UnixFile.IsSpecial(full)
            || IsOpenFile(full)
            || (new FileInfo(full).LinkTarget is { } target && IsOpenFile(target));
    }

    /// <summary>Held while files get their names.</summary>
    internal static Lock CommitLock { get; } = new();

    /// <summary>Gives the file its name, once its content is on the disk. Nothing may be written after it.</summary>
    public void Commit()
    {
        Flush();
        GiveName();
    }

    /// <summary>The first half of <see cref="Commit" />, which takes its time.</summary>
    internal void Flush() => Stream.Flush(flushToDisk: _temporaryPath is not null);

    /// <summary>The second half of <see cref="Commit" />.</summary>
    internal void GiveName()
    {
        lock (CommitLock)
        {
            RequireGoingOn();
            Stream.Dispose();
            if (_temporaryPath is not null)
            {
                File.Move(_temporaryPath, _path, overwrite: true);
                s_unfinished.Remove(_temporaryPath);
            }

            _committed = true;
        }

        _claim?.Dispose();
    }

    /// <summary>Deletes the temporary file of a result that was not committed.</summary>
    public void Dispose()
    {
        _claim?.Dispose();
        if (_committed)
        {
            return;
        }

        try
        {
            Stream.Dispose();
        }
        catch (IOException)
        {
            // What the stream still held cannot be written to a full disk, and is not wanted any more.
        }

        if (_temporaryPath is not null)
        {
            lock (CommitLock)
            {
                Delete(_temporaryPath);
                s_unfinished.Remove(_temporaryPath);
            }
        }
    }

    /// <summary>A hidden name beside the file, with the id of this process, so that a later one knows whose it is.</summary>
    internal static string TemporaryPath(string path) =>
        Path.Combine(
            Path.GetDirectoryName(path) ?? "",
            $".{Path.GetFileName(path)}.{Environment.ProcessId}.partial"
        );

    private FileStream Open()
    {
        if (_temporaryPath is null)
        {
            return new FileStream(_path, FileMode.Append, FileAccess.Write);
        }

        lock (CommitLock)
        {
            RequireGoingOn();
            // A new file: what somebody has put in its place is not followed.
            var stream = new FileStream(_temporaryPath, FileMode.CreateNew, FileAccess.ReadWrite);
            s_unfinished.Add(_temporaryPath);
            OnUnfinished?.Invoke(_temporaryPath);
            return stream;
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It may be gone with its folder; others of the set are to be deleted too.
        }
    }

    private static void RequireGoingOn()
    {
        if (s_isEnding)
        {
            throw new OperationCanceledException();
        }
    }

    /// <summary>/dev/stdout and its like, also where they are links to files.</summary>
    private static bool IsOpenFile(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal)
        || path.StartsWith("/dev/fd/", StringComparison.Ordinal)
        || path is "/dev/stdin" or "/dev/stdout" or "/dev/stderr";

    /// <summary>Deletes what processes that were killed have left of this file.</summary>
    private void DeleteAbandoned()
    {
        if (_temporaryPath is null)
        {
            return;
        }

        const string Suffix = ".partial";
        var prefix = $".{Path.GetFileName(_path)}.";
        foreach (var partial in Directory.EnumerateFiles(Path.GetDirectoryName(_path)!, $".*{Suffix}"))
        {
            var name = Path.GetFileName(partial);
            if (
                name.StartsWith(prefix, StringComparison.Ordinal)
                && name.Length > prefix.Length + Suffix.Length
                && int.TryParse(
                    name.AsSpan()[prefix.Length..^Suffix.Length],
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out var processId
                )
                && IsAbandoned(partial, processId)
            )
            {
                File.Delete(partial);
            }
        }
    }

    private static bool IsAbandoned(string partial, int processId)
    {
        // A process of the same id, as the first ones of containers have.
        if (processId == Environment.ProcessId)
        {
            lock (CommitLock)
            {
                return !s_unfinished.Contains(partial);
            }
        }

        try
        {
            using var process = Process.GetProcessById(processId);
            return false;
        }
        catch (ArgumentException)
        {
            return true;
        }
    }

    private void RequireFile(string option, string path)
    {
        if (Path.EndsInDirectorySeparator(path) || Directory.Exists(_path))
        {
            throw new UserErrorException($"{option} '{path}': is a folder; give the name of a file.");
        }

        var folder = Path.GetDirectoryName(_path);
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException($"{option} {path}: there is no folder {folder}; create it first.");
        }

        if (_temporaryPath is not null && File.Exists(_path) && new FileInfo(_path).IsReadOnly)
        {
            throw new UserErrorException($"{option} {path}: the file is read-only.");
        }
    }
}
