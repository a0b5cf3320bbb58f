namespace LlmSim.Distributed;

/// <summary>
/// What a machine has got from the server, each content once under its hash, for all its workers. When there is more than the
/// limit, what was used longest ago goes, but for what a worker uses.
/// </summary>
/// <param name="folder">Where.</param>
/// <param name="limitBytes">How much is kept.</param>
internal sealed class InputCache(string folder, long limitBytes) : IDisposable
{
    // A study has a working directory of its own, from which a relative path would lead elsewhere.
    private readonly string _folder = Path.GetFullPath(folder);
    private readonly HashSet<string> _checked = new(StringComparer.Ordinal);
    private StudyFolder? _study;

    /// <summary>The folders of studies, one a process.</summary>
    private string Studies => Path.Combine(_folder, "studies");

    private string Objects => Path.Combine(_folder, "objects");

    /// <summary>A new folder for the study of this process, in the place of its last one.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public string NewStudy()
    {
        try
        {
            Dispose();
            Directory.CreateDirectory(Objects);
            _study = StudyFolder.Create(Studies);
            return _study.FullPath;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--cache {folder}: cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Deletes the folder of the study; what was got stays.</summary>
    public void Dispose()
    {
        if (_study is { } study)
        {
            _study = null;
            if (Directory.GetCurrentDirectory().StartsWith(study.FullPath, StringComparison.Ordinal))
            {
                // The working directory is in it.
                Directory.SetCurrentDirectory(_folder);
            }

            study.Dispose();
        }
    }

    /// <summary>Puts a content into the folder of a study.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="path">Where it is to be.</param>
    /// <param name="get">Writes it to a stream; false where there is none.</param>
    /// <exception cref="InputMissingException">There is none, or it is another one.</exception>
    public async Task PlaceAsync(string hash, string path, Func<Stream, Task<bool>> get)
    {
        var content = PathOf(hash);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (OperatingSystem.IsWindows())
        {
            File.Copy(await PathOfAsync(hash, get).ConfigureAwait(false), path, overwrite: true);
        }
        else
        {
            // What has a link stays: the link comes first.
            File.CreateSymbolicLink(path, content);
            await PathOfAsync(hash, get).ConfigureAwait(false);
        }
    }

    /// <summary>The file with a content, which is got where it is missing or damaged.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="get">Writes it to a stream; false where there is none.</param>
    /// <exception cref="InputMissingException">There is none, or it is another one.</exception>
    public async Task<string> PathOfAsync(string hash, Func<Stream, Task<bool>> get)
    {
        var path = PathOf(hash);
        if (!(_checked.Contains(hash) && File.Exists(path)) && !IsIntact(path, hash))
        {
            await GetAsync(path, hash, get).ConfigureAwait(false);
            Evict(hash);
        }

        _checked.Add(hash);
        File.SetLastAccessTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime);
        return path;
    }

    private string PathOf(string hash) =>
        ContentHash.IsHash(hash)
            ? Path.Combine(Objects, hash)
            : throw new InputMissingException($"'{hash}' is no hash");

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

    private async Task GetAsync(string path, string hash, Func<Stream, Task<bool>> get)
    {
        // It goes with the folder of the study, whatever becomes of this process.
        var partial = Path.Combine(_study!.FullPath, hash);
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
        try
        {
            FileInfo[] files =
            [
                .. new DirectoryInfo(Objects).EnumerateFiles().OrderBy(file => file.LastAccessTimeUtc),
            ];
            var bytes = files.Sum(file => file.Length);
            var used = bytes > limitBytes ? Used() : [];
            foreach (var file in files.TakeWhile(_ => bytes > limitBytes))
            {
                if (file.Name != hash && !used.Contains(file.Name))
                {
                    bytes -= file.Length;
                    file.Delete();
                }
            }
        }
        catch (FileNotFoundException)
        {
            // Another worker evicts too.
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
}

/// <summary>The server does not give a content; the message says which.</summary>
internal sealed class InputMissingException(string message) : Exception(message);
