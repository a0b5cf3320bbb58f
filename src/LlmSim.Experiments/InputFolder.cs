namespace LlmSim.Experiments;

/// <summary>Lists the folders that a user names.</summary>
internal static class InputFolder
{
    /// <summary>The paths of its files, ascending.</summary>
    /// <exception cref="UserErrorException">It may not be read.</exception>
    public static string[] Files(string path, string pattern = "*") =>
        List(path, () => Directory.GetFiles(path, pattern));

    /// <summary>The paths of its files and of those in folders of it, ascending.</summary>
    /// <exception cref="UserErrorException">It, or a folder of it, may not be read.</exception>
    public static string[] FilesUnder(string path) =>
        List(path, () => Directory.GetFiles(path, "*", SearchOption.AllDirectories));

    /// <summary>The paths of its folders, ascending.</summary>
    /// <exception cref="UserErrorException">It may not be read.</exception>
    public static string[] Folders(string path, string pattern = "*") =>
        List(path, () => Directory.GetDirectories(path, pattern));

    private static string[] List(string path, Func<string[]> entries)
    {
        try
        {
            var paths = entries();
            Array.Sort(paths, StringComparer.Ordinal);
            return paths;
        }
        catch (UnauthorizedAccessException error)
        {
            throw new UserErrorException($"{path}: no permission to read the folder", error);
        }
        catch (IOException error)
        {
            throw new UserErrorException($"{path}: the folder cannot be read: {error.Message}", error);
        }
    }
}
