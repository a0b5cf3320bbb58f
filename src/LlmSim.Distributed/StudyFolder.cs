namespace LlmSim.Distributed;

/// <summary>
/// The folder in which a process works at a study. It is that of the process for as long as it holds a lock on the file beside it,
/// which ends with the process, however that is. Ids of processes would not do: those of two containers are the same.
/// </summary>
internal sealed class StudyFolder : IDisposable
{
    private const string LockExtension = ".lock";

    private readonly FileStream _lock;

    private StudyFolder(string path, FileStream held) => (FullPath, _lock) = (path, held);

    public string FullPath { get; }

    /// <summary>A new one, empty. What others have left that are dead is deleted.</summary>
    /// <param name="parent">Where all are.</param>
    public static StudyFolder Create(string parent)
    {
        Directory.CreateDirectory(parent);
        foreach (var file in Directory.GetFiles(parent, $"*{LockExtension}"))
        {
            Lock(file, FileMode.Open)?.Dispose();
        }

        while (true)
        {
            var path = Path.Combine(parent, Path.GetRandomFileName());
            // The lock is there before its folder: nobody sees the folder without it.
            if (Lock(path + LockExtension, FileMode.CreateNew) is { } created)
            {
                Directory.CreateDirectory(path);
                return created;
            }
        }
    }

    /// <summary>Deletes it.</summary>
    public void Dispose()
    {
        if (Directory.Exists(FullPath))
        {
            Directory.Delete(FullPath, recursive: true);
        }

        File.Delete(_lock.Name);
        _lock.Dispose();
    }

    /// <summary>The folder of a lock; null where somebody else holds it, or it is gone.</summary>
    private static StudyFolder? Lock(string file, FileMode mode)
    {
        try
        {
            return new StudyFolder(
                file[..^LockExtension.Length],
                new FileStream(file, mode, FileAccess.ReadWrite, FileShare.None)
            );
        }
        catch (IOException)
        {
            return null;
        }
    }
}
