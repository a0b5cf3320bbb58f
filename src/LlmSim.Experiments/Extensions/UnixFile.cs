using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace LlmSim.Experiments.Extensions;

/// <summary>What the system knows of a path and .NET does not tell: its kind and whose it is. It is asked as .NET itself asks.</summary>
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

    private static (int Mode, uint Owner)? Status(string path)
    {
        // Flags, mode, owner and group of 32 bits each, and more that is not read here.
        var status = new byte[256];
        return GetStatus(path, status) == 0
            ? (
                BinaryPrimitives.ReadInt32LittleEndian(status.AsSpan(4)),
                BinaryPrimitives.ReadUInt32LittleEndian(status.AsSpan(8))
            )
            : null;
    }

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Stat")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetStatus([MarshalAs(UnmanagedType.LPUTF8Str)] string path, byte[] status);

    [DllImport("libSystem.Native", EntryPoint = "SystemNative_GetEUid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint EffectiveUser();
}
