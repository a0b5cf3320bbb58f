using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LlmSim.Experiments.Results;

/// <summary>What a path stands for, however it is written: links of both kinds are the file that they name.</summary>
/// <param name="Device">The device of a file that is there; 0 where only paths can be compared.</param>
/// <param name="Node">Its number on that device.</param>
/// <param name="Name">The path without links of a file that is not there yet, or of a system without such numbers.</param>
internal readonly record struct FileIdentity(long Device, ulong Node, string Name)
{
    /// <summary>As many links as Linux follows.</summary>
    private const int MostLinks = 40;

    // AT_FDCWD of fcntl.h and STATX_BASIC_STATS of linux/stat.h.
    private const int CurrentFolder = -100;
    private const uint BasicStatus = 0x7FF;

    /// <summary>Of a path, where there need be nothing yet.</summary>
    /// <exception cref="UserErrorException">Its links lead in a circle.</exception>
    public static FileIdentity Of(string path) =>
        Status(path) is { } status
            ? new FileIdentity(status.Device, status.Node, "")
            : new FileIdentity(0, 0, RealPath(path));

    /// <summary>Whether there is something other than a file or a folder: a device, a pipe, a socket.</summary>
    public static bool IsSpecial(string path) =>
        Status(path) is { Kind: not (FileKind.Regular or FileKind.Folder) }
        || (!OperatingSystem.IsLinux() && path.StartsWith("/dev/", StringComparison.Ordinal));

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

    /// <summary>Null where there is nothing, or where the system is not asked.</summary>
    private static FileStatus? Status(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // struct statx of linux/stat.h: the same on all architectures.
        var status = new byte[256];
        if (Statx(CurrentFolder, path, 0, BasicStatus, status) != 0)
        {
            return null;
        }

        var mode = BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(28));
        return new FileStatus(
            (FileKind)(mode & 0xF000),
            BinaryPrimitives.ReadInt64LittleEndian(status.AsSpan(136)),
            BinaryPrimitives.ReadUInt64LittleEndian(status.AsSpan(32))
        );
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(
        int folder,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string path,
        int flags,
        uint mask,
        [Out] byte[] status
    );

    private readonly record struct FileStatus(FileKind Kind, long Device, ulong Node);

    /// <summary>S_IFMT of stat.h.</summary>
    private enum FileKind
    {
        Folder = 0x4000,
        Regular = 0x8000,
    }
}
