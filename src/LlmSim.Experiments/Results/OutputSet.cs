namespace LlmSim.Experiments.Results;

/// <summary>The result files of one run: all get their names at the end, or none does.</summary>
internal sealed class OutputSet : IDisposable
{
    private readonly Dictionary<string, string> _optionsByPath = new(StringComparer.Ordinal);
    private readonly List<OutputFile> _files = [];

    /// <summary>Opens one more file.</summary>
    /// <exception cref="UserErrorException">The path cannot be written, or another output has it.</exception>
    public FileStream Add(string option, string path)
    {
        var fullPath = Path.GetFullPath(path.Length == 0 ? "." : path);
        if (!_optionsByPath.TryAdd(fullPath, option))
        {
            throw new UserErrorException(
                $"{option} {path}: {_optionsByPath[fullPath]} writes to the same file; give each its own."
            );
        }

        var file = new OutputFile(option, path);
        _files.Add(file);
        return file.Stream;
    }

    /// <summary>Gives all files their names.</summary>
    public void Commit()
    {
        _files.ForEach(file => file.Flush());
        lock (OutputFile.CommitLock)
        {
            _files.ForEach(file => file.GiveName());
        }
    }

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }
}
