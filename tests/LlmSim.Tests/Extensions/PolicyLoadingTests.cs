using LlmSim.Experiments.Extensions;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>Which files of a folder of policies are run, and what is said of them.</summary>
[Collection(WorkingFolderTests.Name)]
public sealed class PolicyLoadingTests : IDisposable
{
    /// <summary>Leaves a file when it is run at all, named or not.</summary>
    private const string Traced =
        "[Policy(\"NAME\", Decisions = PolicyDecisions.DECISION, Summary = \"ends a \\u001b[31mred line\")] public sealed class P : "
        + "IGlobalPolicy { [System.Runtime.CompilerServices.ModuleInitializer] internal static void Ran() => "
        + "System.IO.File.WriteAllText(\"ran_NAME\", \"\"); public int Choose(in GlobalContext context) => 0; }";

    private const string Broken =
        "[Policy(\"broken\", Decisions = PolicyDecisions.PrefillGlobal, Summary = \"\")] public class P : IGlobalPolicy "
        + "{ public int Choose(in GlobalContext context) => missing + absent; }";

    private readonly WorkingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_of_a_folder_runs_when_all_policies_are_built_in()
    {
        Write("a", "a");
        Write("b", "lowest_load");
        _folder.Files.Write("policies/broken.cs", Broken);

        Assert.Equal(new CliRun(0, "", ""), Run());
        Assert.Equal(
            new CliRun(0, "", ""),
            Run("--prefill_local", "milp:time_limit=1", "--decode_global", "random")
        );
        Assert.Equal(["policies"], _folder.Files.Names);
    }

    [Fact]
    public void Only_files_with_a_policy_that_is_named_run_and_are_told()
    {
        Write("a", "a");
        Write("b", "b");
        Write("c", "c");

        var run = Run("--prefill_global", "a", "--decode_global", "c");

        Assert.Equal(new CliRun(0, "", "llmsim: loaded policies/a.cs, policies/c.cs\n"), run);
        Assert.Equal(["policies", "ran_a", "ran_c"], _folder.Files.Names);
    }

    [Fact]
    public void All_files_of_a_folder_that_is_given_run_and_are_told()
    {
        Write("a", "a");
        Write("b", "b");

        Assert.Equal(
            new CliRun(0, "", "llmsim: loaded policies/a.cs, policies/b.cs\n"),
            Run("--policies", "policies")
        );
        Assert.Equal(["policies", "ran_a", "ran_b"], _folder.Files.Names);
    }

    [Fact]
    public void A_file_that_does_not_compile_stops_only_the_runs_that_name_it()
    {
        Write("a", "a");
        _folder.Files.Write("policies/broken.cs", Broken);
        const string Error =
            "policies/broken.cs:1:157: error CS0103: The name 'missing' does not exist in the current context";
        const string Warning = $"llmsim: warning: left out {Error} (and 1 more)\n";

        Assert.Equal(
            new CliRun(0, "", Warning + "llmsim: loaded policies/a.cs\n"),
            Run("--prefill_global", "a")
        );
        Assert.Equal(
            new CliRun(0, "", Warning + "llmsim: loaded policies/a.cs\n"),
            Run("--seed", "1", "2", "--prefill_global", "a", "lowest_load")
        );
        var named = Run("--prefill_global", "broken:x=1");

        Assert.Equal((1, ""), (named.ExitCode, named.Out));
        Assert.StartsWith($"llmsim: {Error}\n", named.Error, StringComparison.Ordinal);
        Assert.Equal(2, named.Error.TrimEnd().Split('\n').Length);
    }

    [Fact]
    public void A_policy_with_the_name_of_a_built_in_one_is_an_error_where_it_is_asked_for()
    {
        Write("a", "a");
        Write("b", "random", "DecodeGlobal");

        Assert.Equal(new CliRun(0, "", "llmsim: loaded policies/a.cs\n"), Run("--prefill_global", "a"));
        Assert.Equal(
            new CliRun(
                1,
                "",
                "llmsim: policies/b.cs: policy 'random' exists twice for decode_global: the built-in one and class P "
                    + "of policies/b.cs; rename one\n"
            ),
            Run("--policies", "policies", "--decode_global", "random")
        );
        Assert.Contains(
            "llmsim: warning: left out policies/b.cs: policy 'random' exists twice",
            Run("--policies", "policies").Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Two_policies_of_one_name_are_an_error_where_it_is_asked_for()
    {
        Write("a", "a");
        Write("b", "a");

        Assert.Contains(
            "policy 'a' exists twice",
            Run("--prefill_global", "a").Error,
            StringComparison.Ordinal
        );
        Assert.Equal(new CliRun(0, "", ""), Run());
    }

    [Theory]
    [InlineData("aa", "prefill_global: there is no policy 'aa'. Did you mean 'aab'?")]
    [InlineData("lowest_lod", "prefill_global: there is no policy 'lowest_lod'. Did you mean 'lowest_load'?")]
    public void A_misspelt_policy_runs_nothing(string name, string expected)
    {
        Write("a", "aab");

        var run = Run("--prefill_global", name);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"llmsim: {expected}", run.Error, StringComparison.Ordinal);
        Assert.Equal(["policies"], _folder.Files.Names);
    }

    [Fact]
    public void The_list_has_the_policies_of_the_folder_without_running_them()
    {
        Write("a", "a");
        _folder.Files.Write("policies/broken.cs", Broken);

        var list = CliRun.Of("policies");

        Assert.Equal(0, list.ExitCode);
        Assert.Contains("policies/a.cs", list.Out, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', list.Out);
        Assert.StartsWith(
            "llmsim: warning: left out policies/broken.cs:1:",
            list.Error,
            StringComparison.Ordinal
        );
        Assert.Equal(["policies"], _folder.Files.Names);

        Assert.Contains(
            "from policies/a.cs",
            CliRun.Of("policies", "--policies", "policies").Out,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(
        "public P() => throw new System.Exception(\"mine\");",
        "its constructor threw Exception: mine"
    )]
    [InlineData(
        "static P() => throw new System.Exception(\"mine\");",
        "its constructor threw Exception: mine"
    )]
    [InlineData(
        "[PolicyOption(\"x\", Summary = \"\")] public int X { get => throw new System.Exception(\"mine\"); set { } }",
        "policies/p.cs: policy 'p': asked for the default of option 'x', it threw Exception: mine (p.cs:1)"
    )]
    [InlineData(
        "[System.Runtime.CompilerServices.ModuleInitializer] internal static void M() => throw new System.Exception(\"mine\");",
        "policies/p.cs: cannot be loaded: mine"
    )]
    public void What_a_policy_throws_while_it_is_loaded_is_an_error_of_its_author(
        string member,
        string expected
    )
    {
        _folder.Files.Write(
            "policies/p.cs",
            "[Policy(\"p\", Decisions = PolicyDecisions.Global, Summary = \"\")] public class P : IGlobalPolicy { "
                + member
                + " public int Choose(in GlobalContext context) => 0; }"
        );

        var run = Run("--prefill_global", "p");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_has_constant_names_and_several_policies_of_a_file()
    {
        var assembly = SourceCompiler.Compile(
            "two.cs",
            "static class N { public const string One = \"o\" + \"ne\"; } "
                + "class Outer { [Policy(N.One, Decisions = PolicyDecisions.Local, Summary = \"first\")] class A; } "
                + "[Policy(summary.Two, Summary = \"second\", IgnoresTtftDeadline = true, Decisions = PolicyDecisions.Global)] class B; "
                + "static class summary { public const string Two = @\"two\"; }"
        );

        Assert.Equal(
            ["B two Global second", "A one Local first"],
            PolicyMetadata
                .Read(assembly, "two.cs")
                .Select(policy =>
                    $"{(policy.Name == "one" ? "A" : "B")} {policy.Name} {policy.Decisions} {policy.Summary}"
                )
                .OrderDescending()
        );
    }

    private void Write(string file, string name, string decision = "Global") =>
        _folder.Files.Write(
            $"policies/{file}.cs",
            Traced
                .Replace("NAME", name, StringComparison.Ordinal)
                .Replace("DECISION", decision, StringComparison.Ordinal)
        );

    private static CliRun Run(params string[] args) =>
        CliRun.Of(["run", "--quiet", "--request_count", "20", .. args]);
}
