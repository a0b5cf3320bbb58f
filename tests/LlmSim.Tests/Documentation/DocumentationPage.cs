using LlmSim.Tests.Architecture;

namespace LlmSim.Tests.Documentation;

/// <summary>A page that people read: README.md, CONTRIBUTING.md or one of docs/.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Text">What it says.</param>
internal sealed record DocumentationPage(string Name, string Text)
{
    public static IReadOnlyList<DocumentationPage> All { get; } =
    [
        .. Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Repository.Root, path))
            .Where(name => !name.StartsWith(Path.Combine("docs", "_"), StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Prepend("CONTRIBUTING.md")
            .Prepend("README.md")
            .Select(name => new DocumentationPage(
                name,
                File.ReadAllText(Path.Combine(Repository.Root, name))
            )),
    ];

    /// <summary>Its blocks of code in a language.</summary>
    public IEnumerable<string> Blocks(string language) =>
        Text.Split($"\n```{language}\n")
            .Skip(1)
            .Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);
}
