using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LlmSim.Experiments.Results;

/// <summary>
/// A result file that appears whole or not at all: it is written to a temporary file beside it, which takes its name at
/// <see cref="Commit" /> and is deleted otherwise.
/// </summary>
public sealed class OutputFile : IDisposable
{
    private static readonly HashSet<string> s_unfinished = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly string? _temporaryPath;
    private bool _committed;

    /// <summary>Opens the temporary file, so that a path that cannot be written is known before the simulation.</summary>
    /// <param name="option">The command-line option that gave the path, for messages.</param>
    /// <param name="path">Where the result goes.</param>
    /// <exception cref="UserErrorException">The path cannot be written.</exception>
    public OutputFile(string option, string path)
    {
        _path = Path.GetFullPath(path);
        // A device, such as /dev/stdout, is written to; a file must not take its place.
        _temporaryPath = _path.StartsWith("/dev/", StringComparison.Ordinal) ? null : TemporaryPath(_path);
        RequireFile(option, path);
        try
        {
            DeleteAbandoned();
            Stream = _temporaryPath is null
                ? new FileStream(_path, FileMode.Append, FileAccess.Write)
                : new FileStream(_temporaryPath, FileMode.Create, FileAccess.ReadWrite);
            Note(isUnfinished: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
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
        file.Stream.Write(Encoding.UTF8.GetBytes(text));
        file.Commit();
    }

    /// <summary>Deletes all temporary files of this process, which is about to end, between two commits.</summary>
    public static void DeleteUnfinished()
    {
        lock (CommitLock)
        {
            foreach (var path in s_unfinished)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Told of each temporary file that is made; null for nobody.</summary>
    internal static Action<string>? OnUnfinished { get; set; }

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
            Stream.Dispose();
            if (_temporaryPath is not null)
            {
                File.Move(_temporaryPath, _path, overwrite: true);
            }

            _committed = true;
            Note(isUnfinished: false);
        }
    }

    /// <summary>Deletes the temporary file of a result that was not committed.</summary>
    public void Dispose()
    {
        try
        {
            Stream.Dispose();
        }
        finally
        {
            // Also when the disk is full and what the stream still holds cannot be written.
            if (!_committed && _temporaryPath is not null)
            {
                File.Delete(_temporaryPath);
            }

            Note(isUnfinished: false);
        }
    }

    /// <summary>A hidden name beside the file, with the id of this process, so that a later one knows whose it is.</summary>
    internal static string TemporaryPath(string path) =>
        Path.Combine(
            Path.GetDirectoryName(path) ?? "",
            $".{Path.GetFileName(path)}.{Environment.ProcessId}.partial"
        );

    private void Note(bool isUnfinished)
    {
        if (isUnfinished && _temporaryPath is not null)
        {
            OnUnfinished?.Invoke(_temporaryPath);
        }

        lock (CommitLock)
        {
            _ =
                _temporaryPath is null ? false
                : isUnfinished ? s_unfinished.Add(_temporaryPath)
                : s_unfinished.Remove(_temporaryPath);
        }
    }

    /// <summary>Deletes what processes that were killed have left of this file.</summary>
    private void DeleteAbandoned()
    {
        if (_temporaryPath is null)
        {
            return;
        }

        var prefix = $".{Path.GetFileName(_path)}.";
        foreach (var partial in Directory.EnumerateFiles(Path.GetDirectoryName(_path)!, $"{prefix}*.partial"))
        {
            var owner = Path.GetFileName(partial)[prefix.Length..^".partial".Length];
            if (
                int.TryParse(owner, NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
                && !IsRunning(processId)
            )
            {
                File.Delete(partial);
            }
        }
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void RequireFile(string option, string path)
    {
        if (path.Length == 0 || Path.EndsInDirectorySeparator(path) || Directory.Exists(_path))
        {
            throw new UserErrorException($"{option} '{path}': is a folder; give the name of a file.");
        }

        var folder = Path.GetDirectoryName(_path);
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException($"{option} {path}: there is no folder {folder}; create it first.");
        }

        if (File.Exists(_path) && new FileInfo(_path).IsReadOnly)
        {
            throw new UserErrorException($"{option} {path}: the file is read-only.");
        }
    }
}
