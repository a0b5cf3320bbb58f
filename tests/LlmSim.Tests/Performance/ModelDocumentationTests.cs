using System.Text.RegularExpressions;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Architecture;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed partial class ModelDocumentationTests
{
    [Fact]
    public void The_page_lists_every_type_that_can_be_simulated_and_no_other()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "models.md"));
        var families = page[
            page.IndexOf("## Families", StringComparison.Ordinal)..page.IndexOf(
                "Parameters are counted",
                StringComparison.Ordinal
            )
        ];
        var table = families[families.IndexOf("|---|---|", StringComparison.Ordinal)..];
        var listed = Names()
            .Matches(table)
            .Select(match => match.Groups["name"].Value)
            .Order(StringComparer.Ordinal);

        Assert.Equal(ModelFamilies.Types, listed);
    }

    [GeneratedRegex(
        "`(?<name>[A-Za-z0-9_-]+)`",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Names();
}
