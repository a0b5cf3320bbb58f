using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Tests that change the working directory, which is the process's: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WorkingFolderTests
{
    public const string Name = "working folder";
}

/// <summary>A temporary folder that is the working directory until it is disposed.</summary>
internal sealed class WorkingFolder : IDisposable
{
    private readonly string _former = Directory.GetCurrentDirectory();

    public WorkingFolder() => Directory.SetCurrentDirectory(Files.File(""));

    public TemporaryFolder Files { get; } = new();

    public void Dispose()
    {
        Directory.SetCurrentDirectory(_former);
        Files.Dispose();
    }
}
