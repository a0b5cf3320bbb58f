namespace LlmSim.Experiments.Results;

/// <summary>What a path stands for, however it is written: links of both kinds are the file that they name.</summary>
/// <param name="Device">The device of a file that is there; 0 where only paths can be compared.</param>
/// <param name="Node">Its number on that device.</param>
/// <param name="Name">The path without links of a file that is not there yet, or of a system without such numbers.</param>
internal readonly record struct FileIdentity(long Device, long Node, string Name)
{
    /// <summary>As many links as Linux follows.</summary>
    private const int MostLinks = 40;

    /// <summary>Of a path, where there need be nothing yet.</summary>
    /// <exception cref="UserErrorException">Its links lead in a circle.</exception>
    public static FileIdentity Of(string path) =>
        UnixFile.Place(path) is var (device, node)
            ? new FileIdentity(device, node, "")
            : new FileIdentity(0, 0, RealPath(path));

    /// <summary>The path that is left when all links have been followed, the last one too, though it may lead to nothing yet.</summary>
    /// <exception cref="UserErrorException">They lead in a circle.</exception>
    public static string RealPath(string path)
    {
        var full = Path.GetFullPath(path);
        var real = Path.GetPathRoot(full)!;
        var names = new Stack<string>(Names(full[real.Length..]).Reverse());
        var links = 0;
        while (names.TryPop(out var name))
        {
            if (name == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }

            var next = Path.Combine(real, name);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new UserErrorException($"{path}: its links lead in a circle; give the name of a file.");
            }

            var root = Path.GetPathRoot(target)!;
            real = root.Length > 0 ? root : real;
            foreach (var part in Names(target[root.Length..]).Reverse())
            {
                names.Push(part);
            }
        }

        return real;
    }

    private static IEnumerable<string> Names(string path) =>
        path.Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries)
            .Where(name => name != ".");
}
