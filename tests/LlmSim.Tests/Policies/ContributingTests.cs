using System.Runtime.Loader;
using LlmSim.Policies;
using LlmSim.Tests.Architecture;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>The recipe for a policy in CONTRIBUTING.md works as it stands there: the library compiles with it and has the policy.</summary>
public sealed class ContributingTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "src/LlmSim");
    private static readonly string s_recipe = File.ReadAllText(Path.Combine(Repository.Root, "CONTRIBUTING.md"));

    [Fact]
    public void The_recipe_for_a_policy_works_when_it_is_pasted()
    {
        using var library = LibraryWith(policy: Block("csharp", 0), entry: Block("csharp", 1));
        var catalog = new AssemblyLoadContext("recipe")
            .LoadFromStream(library)
            .GetType(typeof(PolicyCatalog).FullName!)!;
        var builtIn = catalog.GetProperty(nameof(PolicyCatalog.BuiltIn))!.GetValue(null)!;
        var names = ((IEnumerable<object>)catalog.GetProperty(nameof(PolicyCatalog.All))!.GetValue(builtIn)!).Select(policy =>
            (string)policy.GetType().GetProperty(nameof(PolicyDescription.Name))!.GetValue(policy)!
        );

        Assert.Equal(
            PolicyCatalog.BuiltIn.All.Select(policy => policy.Name).Append("longest").Order(StringComparer.Ordinal),
            names
        );
        // What is not public needs no entry in PublicAPI.Unshipped.txt.
        Assert.False(catalog.Assembly.GetType("LlmSim.Policies.LongestPolicy", throwOnError: true)!.IsPublic);
    }

    [Fact]
    public void The_row_of_the_recipe_is_one_of_the_table_of_queueing_policies() =>
        Assert.Equal(
            File.ReadLines(Path.Combine(Repository.Root, "docs/policies.md")).First(line => line.StartsWith("| `fcfs` |", StringComparison.Ordinal)).Count(c => c == '|'),
            Block("markdown", 0).Count(c => c == '|')
        );

    /// <summary>The library with one more policy and its entry in the list, as the project compiles it.</summary>
    private static MemoryStream LibraryWith(string policy, string entry)
    {
        const string Usings =
            "global using System; global using System.Collections.Generic; global using System.IO; "
            + "global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "LlmSim",
            Sources()
                .Select(source => WithEntry(source, entry))
                .Append(policy)
                .Append(Usings)
                .Select(text => CSharpSyntaxTree.ParseText(text)),
            trusted
                .Where(file => Path.GetFileName(file) != "LlmSim.dll")
                .Select(file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable,
                allowUnsafe: true
            )
        );
        var assembly = new MemoryStream();
        var result = compilation.Emit(assembly);
        Assert.Empty(
            result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
        );
        assembly.Position = 0;
        return assembly;
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory
            .EnumerateFiles(s_folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => Path.GetRelativePath(s_folder, path).Split('/', '\\')[0] is not ("obj" or "bin"))
            .Select(path => (path, File.ReadAllText(path)));

    private static string WithEntry((string Path, string Text) source, string entry) =>
        Path.GetFileName(source.Path) == "BuiltInPolicies.cs"
            ? source.Text.Replace("    [\n", $"    [\n{entry}", StringComparison.Ordinal)
            : source.Text;

    /// <summary>A block of code of the recipe, without the indentation of its list.</summary>
    private static string Block(string language, int number)
    {
        var block = s_recipe.Split($"   ```{language}\n")[number + 1];
        return string.Concat(
            block[..block.IndexOf("   ```", StringComparison.Ordinal)]
                .Split('\n')
                .Select(line => (line.StartsWith("   ", StringComparison.Ordinal) ? line[3..] : line) + "\n")
        );
    }
}
