using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <summary>The accelerators by the names that folders of measured operations have for them.</summary>
internal static class KernelSystems
{
    /// <summary>Where the folders come from; it travels with the compact form.</summary>
    private const string Origin =
        "measured by the aiconfigurator project (NVIDIA, Apache-2.0, github.com/ai-dynamo/aiconfigurator)";

    private const string AiterOrigin = "tuned by the aiter project (AMD, MIT, github.com/ROCm/aiter)";

    private static readonly (string Folder, string Hardware)[] s_systems =
    [
        ("a100_sxm", "NVIDIA_A100_80G"),
        ("b200_sxm", "NVIDIA_B200"),
        ("b300_sxm", "NVIDIA_B300"),
        ("gb200", "NVIDIA_GB200"),
        ("gb300", "NVIDIA_GB300"),
        ("h100_sxm", "NVIDIA_H100_SXM"),
        ("h200_sxm", "NVIDIA_H200"),
        ("l40s", "NVIDIA_L40S"),
        ("rtx_pro_6000_server", "NVIDIA_RTX_PRO_6000"),
    ];

    /// <summary>The accelerator of a folder.</summary>
    /// <exception cref="UserErrorException">Its name is none of those that are known.</exception>
    public static HardwareDescription HardwareOf(string folder, HardwareCatalog catalog)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        foreach (var (known, hardware) in s_systems)
        {
            if (known == name)
            {
                return catalog.Get(hardware);
            }
        }

        string[] all = [.. s_systems.Select(system => system.Folder)];
        throw new UserErrorException(
            $"{folder}: the folder's name says no accelerator.{Suggestion.For(name, all)} Known are {string.Join(", ", all)}."
        );
    }

    /// <summary>The folder of an accelerator: the one that is given, or the one in it that has the accelerator's name.</summary>
    /// <exception cref="UserErrorException">There is none.</exception>
    public static string FolderOf(string folder, string hardware)
    {
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException($"{folder}: no such folder; one of measured operations is expected");
        }

        string[] names =
        [
            .. s_systems.Where(system => system.Hardware == hardware).Select(system => system.Folder),
        ];
        var own = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return names.Contains(own)
            ? folder
            : names.Select(name => Path.Combine(folder, name)).FirstOrDefault(Directory.Exists)
                ?? throw new UserErrorException(
                    $"{folder}: has no measured operations of {hardware}; looked for {(names.Length == 0 ? "a known name of it" : string.Join(", ", names))}"
                );
    }

    /// <summary>Reads the operations of an accelerator from a folder, or from a file of the compact form.</summary>
    /// <exception cref="UserErrorException">There are none, or not of this accelerator.</exception>
    public static KernelSet Load(string path, HardwareDescription hardware)
    {
        if (Path.GetExtension(path) != KernelSetFile.Extension)
        {
            if (AiterFolder.Is(path))
            {
                return KernelCatalog.WithKin(ReadAiter(path, hardware, commit: ""), hardware);
            }

            return KernelCatalog.WithKin(
                Read(FolderOf(path, hardware.Name), KernelCatalog.DefaultEngine, hardware, commit: ""),
                hardware
            );
        }

        using var stream = InputFile.Open(path);
        var kernels = KernelSetFile.Read(stream, path);
        return kernels.Source.Hardware == hardware.Name
            ? KernelCatalog.WithKin(kernels, hardware)
            : throw new UserErrorException(
                $"{path}: has measured operations of {kernels.Source.Hardware}; the cluster has {hardware.Name}"
            );
    }

    /// <summary>Reads the folder of an accelerator, which its name says.</summary>
    public static KernelSet Read(string folder, string engine, HardwareCatalog catalog, string commit) =>
        AiterFolder.Is(folder)
            ? ReadAiter(folder, catalog.Get(AiterFolder.Hardware), commit)
            : Read(folder, engine, HardwareOf(folder, catalog), commit);

    private static KernelSet Read(
        string folder,
        string engine,
        HardwareDescription hardware,
        string commit
    ) => KernelFolder.Read(folder, engine, hardware, Of(Origin, commit));

    private static KernelSet ReadAiter(string folder, HardwareDescription hardware, string commit) =>
        hardware.Name == AiterFolder.Hardware
            ? AiterFolder.Read(folder, hardware, Of(AiterOrigin, commit), commit)
            : throw new UserErrorException(
                $"{folder}: has kernels of {AiterFolder.Hardware}; the cluster has {hardware.Name}"
            );

    private static string Of(string origin, string commit) =>
        commit.Length == 0 ? origin : $"{origin}, commit {commit}";
}
