namespace LlmSim.Tests.Experiments;

/// <summary>A folder of a test's own, gone when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("llmsim-").FullName;

    public string File(string name) => Path.Combine(_path, name);

    /// <summary>Writes a file, and the folders that it is in.</summary>
    public string Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File(name))!);
        System.IO.File.WriteAllText(File(name), content);
        return File(name);
    }

    /// <summary>Names of all files in it, in order.</summary>
    public IEnumerable<string> Names =>
        Directory.EnumerateFileSystemEntries(_path).Select(Path.GetFileName).Order(StringComparer.Ordinal)!;

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
