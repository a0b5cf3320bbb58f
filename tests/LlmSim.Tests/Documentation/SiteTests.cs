using System.Text.RegularExpressions;
using LlmSim.Tests.Architecture;
using Xunit;

namespace LlmSim.Tests.Documentation;

/// <summary>The pages made from code are current, every page is in the table of contents, and links lead somewhere.</summary>
public sealed partial class SiteTests
{
    public static TheoryData<string> Pages => [.. DocumentationPage.All.Select(page => page.Name)];

    [Fact]
    public void The_reference_is_that_of_the_code()
    {
        GeneratedFile.RequireCurrent("docs/reference/commands.md", ReferencePages.Commands());
        GeneratedFile.RequireCurrent("docs/reference/cluster-file.md", ReferencePages.ClusterFile());
        GeneratedFile.RequireCurrent("docs/reference/columns.md", ReferencePages.Columns());
        GeneratedFile.RequireCurrent("docs/reference/policies.md", ReferencePages.Policies());
        GeneratedFile.RequireCurrent("docs/reference/schemas.md", ReferencePages.Schemas());
    }

    [Fact]
    public void Every_page_is_in_the_table_of_contents_once()
    {
        var contents = File.ReadLines(Path.Combine(Repository.Root, "docs/toc.yml"))
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("href: ", StringComparison.Ordinal))
            .Select(line => line["href: ".Length..])
            .Where(name => !name.StartsWith("../", StringComparison.Ordinal));
        var pages = DocumentationPage
            .All.Where(page => page.Name.StartsWith("docs", StringComparison.Ordinal))
            .Select(page => page.Name["docs/".Length..]);

        Assert.Equal(pages.Order(StringComparer.Ordinal), contents.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_lead_to_files_and_headings_that_there_are(string name)
    {
        var page = DocumentationPage.All.Single(page => page.Name == name);
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, name))!;

        Assert.All(
            Link().Matches(page.Text).Select(match => match.Groups["target"].Value),
            link =>
            {
                var parts = link.Split('#');
                var target =
                    parts[0].Length == 0
                        ? Path.Combine(Repository.Root, name)
                        : Path.GetFullPath(Path.Combine(folder, parts[0]));
                Assert.True(Path.Exists(target), $"{name}: {link}: there is no such file");
                if (parts.Length > 1)
                {
                    Assert.True(
                        Anchors(File.ReadAllText(target)).Contains(parts[1]),
                        $"{name}: {link}: there is no such heading"
                    );
                }
            }
        );
    }

    /// <summary>Names of headings as Markdown viewers make them.</summary>
    private static HashSet<string> Anchors(string text) =>
        [
            .. Heading()
                .Matches(text)
                .Select(match =>
                    string.Concat(
                            match
                                .Groups["title"]
                                .Value.Trim()
                                .ToLowerInvariant()
                                .Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')
                        )
                        .Replace(' ', '-')
                ),
        ];

    [GeneratedRegex(
        @"\]\((?<target>(?!https?:)[^)\s]+)\)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex Link();

    [GeneratedRegex(
        "^#+ (?<title>.*)$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 10_000
    )]
    private static partial Regex Heading();
}
