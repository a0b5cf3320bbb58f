namespace LlmSim.Experiments.Results;

/// <summary>The result files of one run: all get their names at the end, or none does.</summary>
/// <param name="isDurable">Whether their content is on the disk by then.</param>
internal sealed class OutputSet(bool isDurable = true) : IDisposable
{
    private readonly Dictionary<FileIdentity, string> _optionsByFile = [];
    private readonly List<OutputFile> _files = [];

    /// <summary>Opens one more file.</summary>
    /// <exception cref="UserErrorException">The path cannot be written, or another output has it.</exception>
    public FileStream Add(string option, string path)
    {
        OutputFile.RequirePath(option, path);
        var identity = FileIdentity.Of(path);
        if (!_optionsByFile.TryAdd(identity, option))
        {
            throw new UserErrorException(
                $"{option} {path}: {_optionsByFile[identity]} writes to the same file; give each its own."
            );
        }

        var file = new OutputFile(option, path);
        _files.Add(file);
        return file.Stream;
    }

    /// <summary>Gives all files their names.</summary>
    public void Commit()
    {
        if (isDurable)
        {
            _files.ForEach(file => file.Flush());
        }

        lock (OutputFile.CommitLock)
        {
            _files.ForEach(file => file.GiveName());
        }
    }

    public void Dispose() => _files.ForEach(file => file.Dispose());
}
