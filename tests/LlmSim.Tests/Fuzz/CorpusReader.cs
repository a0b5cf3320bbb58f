using System.Text;
using LlmSim.Tests.Experiments;

namespace LlmSim.Tests.Fuzz;

/// <summary>A reader of files that users name, with a file that it reads.</summary>
/// <param name="Name">What the file is.</param>
/// <param name="File">Its name; a folder before it if its reader takes a folder.</param>
/// <param name="Content">Its content, undamaged.</param>
/// <param name="Read">Reads it, given its path.</param>
internal sealed record CorpusReader(string Name, string File, byte[] Content, Action<string> Read)
{
    public CorpusReader(string name, string file, string content, Action<string> read)
        : this(name, file, Encoding.UTF8.GetBytes(content), read) { }

    /// <summary>Files that its reader wants beside it.</summary>
    public IReadOnlyDictionary<string, string> Beside { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes all files and gives the path of the one that is damaged.</summary>
    public string WriteTo(TemporaryFolder folder)
    {
        foreach (var (file, content) in Beside)
        {
            folder.Write(file, content);
        }

        var path = folder.Write(File, "");
        System.IO.File.WriteAllBytes(path, Content);
        return path;
    }
}
