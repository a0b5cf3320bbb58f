namespace LlmSim.Experiments.Results;

/// <summary>
/// The files that a command reads and those that it writes: a file of the one kind is refused as one of the other, in whichever order
/// they are opened. A result never takes the place of what it was made from.
/// </summary>
/// <remarks>It belongs to the flow of execution that began it, with its threads: commands of one process do not meet.</remarks>
internal sealed class FileClaims : IDisposable
{
    private static readonly AsyncLocal<FileClaims?> s_current = new();

    private readonly Lock _lock = new();
    private readonly HashSet<string> _inputs = new(StringComparer.Ordinal);
    private readonly Dictionary<FileIdentity, string> _outputs = [];

    private FileClaims() { }

    /// <summary>Begins a command; null within one that has begun already.</summary>
    public static FileClaims? Begin() => s_current.Value is null ? s_current.Value = new FileClaims() : null;

    public void Dispose() => s_current.Value = null;

    /// <summary>Notes a file that is read.</summary>
    /// <exception cref="UserErrorException">It is being written.</exception>
    public static void Read(string path) => s_current.Value?.AddInput(path);

    /// <summary>The files that the command has read so far, as they were named.</summary>
    public static IReadOnlyList<string> Inputs
    {
        get
        {
            if (s_current.Value is not { } claims)
            {
                return [];
            }

            lock (claims._lock)
            {
                return [.. claims._inputs.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Notes a file that is written until what is returned is disposed; null outside of a command.</summary>
    /// <exception cref="UserErrorException">It has been read, or is being written.</exception>
    public static IDisposable? Write(string option, string path) => s_current.Value?.AddOutput(option, path);

    private void AddInput(string path)
    {
        lock (_lock)
        {
            if (
                _inputs.Add(path)
                && _outputs.Count > 0
                && IsFile(path)
                && _outputs.TryGetValue(FileIdentity.Of(path), out var output)
            )
            {
                throw Both(output, path);
            }
        }
    }

    private Output AddOutput(string option, string path)
    {
        var identity = FileIdentity.Of(path);
        var name = $"{option} {path}";
        lock (_lock)
        {
            if (
                _inputs.FirstOrDefault(input => IsFile(input) && FileIdentity.Of(input) == identity) is
                { } read
            )
            {
                throw Both(name, read);
            }

            if (!_outputs.TryAdd(identity, name))
            {
                throw new UserErrorException(
                    $"{name}: {_outputs[identity]} writes to the same file; give each its own."
                );
            }
        }

        return new Output(this, identity);
    }

    /// <summary>A terminal may be read and written.</summary>
    private static bool IsFile(string path) => File.Exists(path) && !UnixFile.IsSpecial(path);

    private static UserErrorException Both(string output, string input) =>
        new($"{output}: is the same file as {input}, which is read; give the result a file of its own.");

    private sealed class Output(FileClaims claims, FileIdentity identity) : IDisposable
    {
        public void Dispose()
        {
            lock (claims._lock)
            {
                claims._outputs.Remove(identity);
            }
        }
    }
}
