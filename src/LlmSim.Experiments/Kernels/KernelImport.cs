using LlmSim.Experiments.Results;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <summary>Makes the compact form of a folder of measured operations.</summary>
internal static class KernelImport
{
    /// <summary>Reads a folder and writes its compact form.</summary>
    /// <param name="folder">The folder of an accelerator.</param>
    /// <param name="engine">The engine whose operations are taken, where the folder has several.</param>
    /// <param name="commit">The commit that the folder is of; empty if unknown.</param>
    /// <param name="outputFolder">Where the file goes.</param>
    /// <param name="catalog">Has the accelerator.</param>
    /// <exception cref="UserErrorException">A table is missing or wrong, or the file cannot be written.</exception>
    public static (string Path, KernelInventory Inventory) Run(
        string folder,
        string engine,
        string commit,
        string outputFolder,
        HardwareCatalog catalog
    )
    {
        var kernels = KernelSystems.Read(folder, engine, catalog, commit);
        var path = Path.Combine(
            outputFolder,
            KernelCatalog.FileName(kernels.Source.Hardware, kernels.Source.Engine)
        );
        using var file = new OutputFile("--output_dir", path);
        KernelSetFile.Write(file.Stream, kernels);
        file.Commit();
        return (path, KernelInventory.Of(kernels));
    }
}
