using System.Diagnostics;
using System.Globalization;

namespace LlmSim.Distributed;

/// <summary>
/// What a machine has got from the server, each content once under its hash, for all its workers. When there is more than the
/// limit, what was used longest ago goes, but for what a worker uses.
/// </summary>
/// <param name="folder">Where.</param>
/// <param name="limitBytes">How much is kept.</param>
internal sealed class InputCache(string folder, long limitBytes)
{
    private readonly string _objects = Path.Combine(folder, "objects");
    private readonly HashSet<string> _checked = new(StringComparer.Ordinal);

    /// <summary>The folders of studies, one a process.</summary>
    private string Studies => Path.Combine(folder, "studies");

    /// <summary>A new folder for the study of this process, in the place of its last one.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public string NewStudy()
    {
        var path = Path.Combine(Studies, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        try
        {
            foreach (var old in Directory.Exists(Studies) ? Directory.GetDirectories(Studies) : [])
            {
                if (old == path || !IsRunning(Path.GetFileName(old)))
                {
                    Directory.Delete(old, recursive: true);
                }
            }

            Directory.CreateDirectory(path);
            Directory.CreateDirectory(_objects);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--cache {folder}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The file with a content, which is got where it is missing or damaged.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="get">Writes it to a stream; false where there is none.</param>
    /// <exception cref="InputMissingException">There is none, or it is another one.</exception>
    public async Task<string> PathOfAsync(string hash, Func<Stream, Task<bool>> get)
    {
        if (!ContentHash.IsHash(hash))
        {
            throw new InputMissingException($"'{hash}' is no hash");
        }

        var path = Path.Combine(_objects, hash);
        if (!_checked.Contains(hash) && !IsIntact(path, hash))
        {
            await GetAsync(path, hash, get).ConfigureAwait(false);
            Evict(hash);
        }

        _checked.Add(hash);
        File.SetLastAccessTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
        return path;
    }

    private static bool IsIntact(string path, string hash)
    {
        try
        {
            using var file = File.OpenRead(path);
            return ContentHash.Of(file) == hash;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task GetAsync(string path, string hash, Func<Stream, Task<bool>> get)
    {
        var partial = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        try
        {
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite))
            {
                if (!await get(file).ConfigureAwait(false))
                {
                    throw new InputMissingException($"{hash} is not on the server");
                }

                file.Position = 0;
                var found = ContentHash.Of(file);
                if (found != hash)
                {
                    throw new InputMissingException($"{hash} on the server has another content ({found})");
                }
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputMissingException($"{path} cannot be written: {e.Message}");
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private void Evict(string hash)
    {
        var used = Used();
        FileInfo[] files =
        [
            .. new DirectoryInfo(_objects).EnumerateFiles().OrderBy(file => file.LastAccessTimeUtc),
        ];
        var bytes = files.Sum(file => file.Length);
        foreach (var file in files.TakeWhile(_ => bytes > limitBytes))
        {
            if (file.Name != hash && !used.Contains(file.Name))
            {
                bytes -= file.Length;
                _checked.Remove(file.Name);
                file.Delete();
            }
        }
    }

    /// <summary>What the links in the folders of studies lead to.</summary>
    private HashSet<string> Used() =>
        [
            .. Directory
                .EnumerateFiles(Studies, "*", SearchOption.AllDirectories)
                .Select(file => new FileInfo(file).LinkTarget)
                .OfType<string>()
                .Select(target => Path.GetFileName(target)),
        ];

    private static bool IsRunning(string processId)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse(processId, CultureInfo.InvariantCulture));
            return !process.HasExited;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }
}

/// <summary>The server does not give a content; the message says which.</summary>
internal sealed class InputMissingException(string message) : Exception(message);
