using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LlmSim.Experiments;

/// <summary>What the system knows of a path and .NET does not tell: its kind, its place and whose it is. It is asked as .NET itself asks.</summary>
internal static class UnixFile
{
    private const int KindMask = 0xF000;
    private const int RegularFile = 0x8000;
    private const int Folder = 0x4000;
    private const int Sticky = 0x200;
    private const int OthersMayWrite = 0x2;
    private const int AnyoneElse = 0x3F;
    private const uint Root = 0;

    /// <summary>Whether a path is that of a file, rather than of a pipe or a device. Links are followed.</summary>
    public static bool IsRegular(string path) =>
        OperatingSystem.IsWindows()
            ? File.Exists(path)
            : Status(path) is { } status && (status.Mode & KindMask) == RegularFile;

    /// <summary>Whether a folder is the user's own and nobody else may enter it.</summary>
    public static bool IsPrivateFolder(string path) =>
        OperatingSystem.IsWindows()
            ? Directory.Exists(path)
            : Status(path) is { } status
                && (status.Mode & KindMask) == Folder
                && (status.Mode & AnyoneElse) == 0
                && status.Owner == EffectiveUser();

    /// <summary>Whether nobody else may put another folder in the place of one that is in this folder.</summary>
    public static bool IsSafeParent(string path) =>
        OperatingSystem.IsWindows()
        || (
            Status(path) is { } status
            && (status.Owner == Root || status.Owner == EffectiveUser())
            && ((status.Mode & OthersMayWrite) == 0 || (status.Mode & Sticky) != 0)
        );

    /// <summary>Whether there is something other than a file or a folder: a device, a pipe, a socket.</summary>
    public static bool IsSpecial(string path) =>
        OperatingSystem.IsWindows()
            ? path.StartsWith("/dev/", StringComparison.Ordinal)
            : Status(path) is { } status && (status.Mode & KindMask) is not (RegularFile or Folder);

    /// <summary>The device of what is there and its number on that, which all its names share; null where there is nothing, and where the system is not asked.</summary>
    public static (long Device, long Node)? Place(string path) =>
        !OperatingSystem.IsWindows() && Status(path) is { } status ? (status.Device, status.Node) : null;

    private static FileStatus? Status(string path)
    {
        // Flags, mode, owner and group of 32 bits each, then 64 bits each: size, four times in seconds and nanoseconds, device, the device
        // that it is, node.
        var status = new byte[256];
        return GetStatus(path, status) == 0
            ? new FileStatus(
                BinaryPrimitives.ReadInt32LittleEndian(status.AsSpan(4)),
                BinaryPrimitives.ReadUInt32LittleEndian(status.AsSpan(8)),
                BinaryPrimitives.ReadInt64LittleEndian(status.AsSpan(88)),
                BinaryPrimitives.ReadInt64LittleEndian(status.AsSpan(104))
            )
            : null;
    }

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Stat")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetStatus([MarshalAs(UnmanagedType.LPUTF8Str)] string path, byte[] status);

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_GetEUid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();

    private readonly record struct FileStatus(int Mode, uint Owner, long Device, long Node);
}
