using System.Runtime.Loader;
using LlmSim.Policies;
using LlmSim.Tests.Architecture;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>The recipe for a policy in CONTRIBUTING.md works as it stands there.</summary>
public sealed class ContributingTests
{
    private static readonly string s_recipe = Read("CONTRIBUTING.md");

    [Fact]
    public void The_policy_of_the_recipe_compiles_in_its_folder_and_joins_the_others()
    {
        using var assembly = Compile(Block("csharp", 0));
        var type = new AssemblyLoadContext("recipe")
            .LoadFromStream(assembly)
            .GetType("LlmSim.Policies.LongestPolicy", throwOnError: true)!;

        var catalog = PolicyCatalog.BuiltIn.With([type]);

        Assert.NotNull(catalog.CreateLocal("longest", PolicyDecisions.PrefillLocal));
        Assert.NotNull(catalog.CreateLocal("longest", PolicyDecisions.DecodeLocal));
        // What is not public needs no entry in PublicAPI.Unshipped.txt.
        Assert.False(type.IsPublic);
    }

    [Theory]
    [InlineData(
        "src/LlmSim/Policies/BuiltInPolicies.cs",
        "csharp",
        1,
        "typeof(FcfsPolicy),",
        "FcfsPolicy",
        "LongestPolicy"
    )]
    [InlineData(
        "docs/policies.md",
        "markdown",
        0,
        "| `shortest` | both | fewest context tokens | ",
        "shortest",
        "longest"
    )]
    public void A_line_to_add_looks_as_those_that_are_there(
        string file,
        string language,
        int block,
        string present,
        string name,
        string newName
    )
    {
        Assert.Contains(present, Read(file), StringComparison.Ordinal);
        Assert.Contains($"`{file}`", s_recipe, StringComparison.Ordinal);
        Assert.StartsWith(
            present
                .Replace(name, newName, StringComparison.Ordinal)
                .Replace("fewest", "most", StringComparison.Ordinal),
            Block(language, block),
            StringComparison.Ordinal
        );
    }

    /// <summary>Compiles a file as the library's project does: with the SDK's implicit usings and no others.</summary>
    private static MemoryStream Compile(string source)
    {
        const string Usings =
            "global using System; global using System.Collections.Generic; global using System.IO; "
            + "global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "recipe",
            [CSharpSyntaxTree.ParseText(source), CSharpSyntaxTree.ParseText(Usings)],
            trusted.Select(file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                nullableContextOptions: NullableContextOptions.Enable
            )
        );
        var assembly = new MemoryStream();
        Assert.Empty(
            compilation.Emit(assembly).Diagnostics.Where(d => d.Severity > DiagnosticSeverity.Hidden)
        );
        assembly.Position = 0;
        return assembly;
    }

    /// <summary>A block of code of the recipe, without the indentation of its list.</summary>
    private static string Block(string language, int number)
    {
        var block = s_recipe.Split($"   ```{language}\n")[number + 1];
        return string.Join(
            '\n',
            block[..block.IndexOf("   ```", StringComparison.Ordinal)]
                .Split('\n')
                .Select(line => line.StartsWith("   ", StringComparison.Ordinal) ? line[3..] : line)
        );
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));
}
