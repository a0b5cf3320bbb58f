using System.Reflection;
using System.Runtime.Loader;
using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Extensions;

/// <summary>
/// Loads one file of a user. What it refers to is the running simulator's where that has it, else a file beside it. A
/// context for each file: two files may hold assemblies of one name.
/// </summary>
internal sealed class ExtensionLoadContext(string path) : AssemblyLoadContext($"code of {path}")
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;

    private readonly string _folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // The simulator's own assemblies must not come twice: their types would not be the same.
        try
        {
            return GetLoadContext(typeof(ExtensionLoadContext).Assembly)!.LoadFromAssemblyName(assemblyName);
        }
        catch (FileNotFoundException)
        {
            var neighbour = System.IO.Path.Combine(_folder, $"{assemblyName.Name}.dll");
            if (!File.Exists(neighbour))
            {
                return null;
            }

            FileClaims.Read(neighbour);
            return LoadFromAssemblyPath(neighbour);
        }
    }
}
