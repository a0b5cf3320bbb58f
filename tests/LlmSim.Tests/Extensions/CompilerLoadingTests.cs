using System.Reflection;
using System.Runtime.Loader;
using LlmSim.Experiments.Extensions;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>The compiler takes long to load, so it is loaded for a source that is not in the cache, and only then.</summary>
public sealed class CompilerLoadingTests
{
    private const string Source =
        "[Policy(\"mine\", Decisions = PolicyDecisions.PrefillGlobal, Summary = \"test\")] "
        + "public class Mine : IGlobalPolicy { public int Choose(in GlobalContext context) => 0; }";

    [Fact]
    public void The_compiler_stays_unloaded_when_the_policy_is_in_the_cache()
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine.cs", Source);

        Assert.Contains("Microsoft.CodeAnalysis.CSharp", AssembliesAskedFor(folder));
        Assert.DoesNotContain("Microsoft.CodeAnalysis.CSharp", AssembliesAskedFor(folder));
    }

    /// <summary>Loads the folder's policies in a load context of its own, where no other test has used the compiler.</summary>
    private static List<string?> AssembliesAskedFor(TemporaryFolder folder)
    {
        var context = new RecordingLoadContext();
        var assembly = context.LoadFromAssemblyPath(typeof(Catalogs).Assembly.Location);
        var cache = Activator.CreateInstance(
            assembly.GetType(typeof(CompilationCache).FullName!)!,
            folder.File("cache")
        );
        var files = Activator.CreateInstance(
            assembly.GetType(typeof(PolicyFiles).FullName!)!,
            new[] { folder.File("") },
            cache
        )!;
        Assert.Single(
            (System.Collections.IEnumerable)
                files.GetType().GetProperty(nameof(PolicyFiles.Declared))!.GetValue(files)!
        );
        return context.Asked;
    }

    private sealed class RecordingLoadContext() : AssemblyLoadContext("without compiler")
    {
        public List<string?> Asked { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            Asked.Add(assemblyName.Name);
            return null;
        }
    }
}
