using LlmSim.Experiments.Extensions;
using LlmSim.Policies;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using MyPolicies;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

/// <summary>docs/policies.md speaks of the policies that there are, and its example is code that runs.</summary>
public sealed class PolicyDocumentationTests
{
    private static readonly string s_page = Read("docs/policies.md");

    [Fact]
    public void Every_policy_and_option_is_on_the_page() =>
        Assert.All(
            ShippedPolicies.Catalog.All,
            policy =>
            {
                Assert.Contains($"| `{policy.Name}` |", s_page, StringComparison.Ordinal);
                Assert.All(
                    policy.Options,
                    option => Assert.Contains($"`{option.Key}`", s_page, StringComparison.Ordinal)
                );
            }
        );

    [Fact]
    public void The_example_is_the_code_that_is_tested() =>
        Assert.Contains(
            Read("tests/LlmSim.Tests/Policies/EarliestFinishPolicy.cs"),
            s_page,
            StringComparison.Ordinal
        );

    [Fact]
    public void The_example_works()
    {
        var catalog = PolicyCatalog.BuiltIn.With([typeof(EarliestFinishPolicy)]);
        Instance[] instances = [Instance(0, work: 3), Instance(1, work: 2)];

        Assert.Equal(1, Create("earliest_finish").Choose(instances));
        Assert.Equal(0, Create("earliest_finish:load_weight=0").Choose(instances));

        IGlobalPolicy Create(string text) => catalog.CreateGlobal(text, PolicyDecisions.PrefillGlobal);
    }

    [Fact]
    public void The_example_dropped_into_a_folder_keeps_the_contract_and_runs()
    {
        using var folder = new TemporaryFolder();
        var start = s_page.IndexOf("```csharp\n", StringComparison.Ordinal) + "```csharp\n".Length;
        var end = s_page.IndexOf("```", start, StringComparison.Ordinal);
        folder.Write("earliest_finish.cs", s_page[start..end]);
        string[] own = ["--policies", folder.File("")];

        var check = CliRun.Of(["policies", "check", "earliest_finish", .. own]);
        var run = CliRun.Of([
            "run",
            "--request_count",
            "20",
            "--prefill_global",
            "earliest_finish:load_weight=2",
            .. own,
        ]);

        var loaded = $"llmsim: loaded {folder.File("earliest_finish.cs")}\n";
        Assert.Equal((0, loaded), (check.ExitCode, check.Error));
        Assert.Equal((0, loaded), (run.ExitCode, run.Error));
    }

    private static string Read(string path)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "LlmSim.slnx")))
        {
            root =
                root.Parent ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
        }

        return File.ReadAllText(Path.Combine(root.FullName, path));
    }
}
