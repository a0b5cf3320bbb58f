using LlmSim.Experiments.Extensions;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>Policies that a user drops into a folder.</summary>
public sealed class PolicyFolderTests
{
    private const string Route =
        "[Policy(\"mine\", Decisions = PolicyDecisions.PrefillGlobal, Summary = \"my own\")]\n"
        + "public sealed class Mine : IGlobalPolicy\n{\n"
        + "    public int Choose(in GlobalContext context) => CHOICE;\n}\n";

    [Theory]
    [InlineData("global", "prefill_global")]
    [InlineData("scored", "decode_global")]
    [InlineData("joint", "prefill_global")]
    [InlineData("local", "prefill_local")]
    [InlineData("ordered", "decode_local")]
    [InlineData("admission", "admission_policy")]
    [InlineData("victim", "victim")]
    [InlineData("batching", "batching")]
    [InlineData("predictor", "output_predictor")]
    public void A_new_policy_of_each_kind_keeps_the_contract_and_runs(string kind, string decision)
    {
        using var folder = new TemporaryFolder();
        var policies = folder.File("mine");

        var created = CliRun.Of("new", "policy", "my_own", "--kind", kind, "--output", policies);
        var check = CliRun.Of("policies", "check", "my_own", "--policies", policies);
        var list = CliRun.Of("policies", "--policies", policies);
        var run = CliRun.Of([
            "run",
            "--request_count",
            "20",
            "--policies",
            policies,
            $"--{decision}",
            "my_own",
            // Only engines ask what an iteration computes.
            .. kind == "batching"
                ? new[] { "--cluster", Path.Combine(Repository.Root, "configs/mixed.json") }
                : [],
        ]);
        var again = CliRun.Of("new", "policy", "my_own", "--kind", kind, "--output", policies);

        Assert.Equal((0, ""), (created.ExitCode, created.Error));
        var loaded = $"llmsim: loaded {policies}/my_own.cs\n";
        Assert.Equal((0, loaded), (check.ExitCode, check.Error));
        Assert.DoesNotContain("FAILED", check.Out, StringComparison.Ordinal);
        Assert.Contains("my_own", list.Out, StringComparison.Ordinal);
        Assert.Contains(":", list.Out, StringComparison.Ordinal);
        Assert.Equal((0, loaded), (run.ExitCode, run.Error));
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("exists; it stays as it is", again.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "99",
        "policy mine: at 0.02708494 s it sent request 0 to position 99, but there are 4 instances"
    )]
    [InlineData(
        "1 / (context.Instances.Count - 4)",
        "policy mine: at 0.02708494 s, asked to place request 0, it threw DivideByZeroException: "
            + "Attempted to divide by zero. (mine.cs:4)"
    )]
    [InlineData("\"a\"", "mine.cs:4:52: error CS0029: Cannot implicitly convert type 'string' to 'int'")]
    [InlineData("nothing", "mine.cs:4:52: error CS0103: The name 'nothing' does not exist")]
    public void A_wrong_policy_is_an_error_of_its_author(string choice, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine.cs", Route.Replace("CHOICE", choice, StringComparison.Ordinal));

        var run = Run(folder);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("class Helper {}", "mine.cs: has no class with a [Policy] attribute")]
    [InlineData(
        "[Policy(\"fcfs\", Decisions = PolicyDecisions.Local, Summary = \"\")] public class F : IOrderedLocalPolicy { "
            + "public double Key(in RequestView request) => 0; }",
        "policy 'fcfs' exists twice for prefill_local, decode_local: the built-in one and class F of "
    )]
    [InlineData(
        "[Policy(\"g\", Decisions = PolicyDecisions.Global, Summary = \"\")] public class G(int i) : IGlobalPolicy { "
            + "public int Choose(in GlobalContext context) => i; }",
        "a public constructor without parameters"
    )]
    [InlineData("unsafe class U { int* p; }", "error CS0227")]
    public void A_file_that_is_no_policy_is_refused(string source, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine.cs", source);

        Assert.Contains(expected, Run(folder).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_utf8_is_refused_with_its_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("mine.cs"), [.. "// a\n// caf"u8, 0xE9, .. "\n"u8]);

        Assert.Contains("mine.cs:2: is not UTF-8 text", Run(folder).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compiled_policy_is_taken_as_it_is()
    {
        using var folder = new TemporaryFolder();
        var source = Route.Replace("CHOICE", "0", StringComparison.Ordinal);
        File.WriteAllBytes(folder.File("mine.dll"), SourceCompiler.Compile("mine.cs", source));

        Assert.Equal(
            (0, $"llmsim: loaded {folder.File("mine.dll")}\n"),
            (Run(folder).ExitCode, Run(folder).Error)
        );
    }

    [Fact]
    public void A_source_is_compiled_once_and_again_when_its_entry_is_damaged()
    {
        using var folder = new TemporaryFolder();
        var cache = new CompilationCache(folder.File("cache"));
        var compiled = 0;

        Assert.Equal([1, 2, 3], Get());
        Assert.Equal([1, 2, 3], Get());
        Assert.Equal(1, compiled);

        var entry = Assert.Single(Directory.GetFiles(folder.File("cache")));
        foreach (var damaged in new byte[][] { [], [1, 2], [.. File.ReadAllBytes(entry)[..^1], 9] })
        {
            File.WriteAllBytes(entry, damaged);
            Assert.Equal([1, 2, 3], Get());
        }

        Assert.Equal(4, compiled);
        Assert.Equal(entry, Assert.Single(Directory.GetFiles(folder.File("cache"))));

        byte[] Get() =>
            cache.GetOrAdd(
                "mine.cs",
                [7],
                () =>
                {
                    compiled++;
                    return [1, 2, 3];
                }
            );
    }

    [Fact]
    public void Another_source_or_name_is_another_entry_and_a_cache_that_cannot_be_written_is_none()
    {
        using var folder = new TemporaryFolder();
        var cache = new CompilationCache(folder.File("cache"));
        cache.GetOrAdd("a.cs", [1], () => [1]);

        Assert.Equal([2], cache.GetOrAdd("a.cs", [2], () => [2]));
        Assert.Equal([3], cache.GetOrAdd("b.cs", [1], () => [3]));
        var blocked = new CompilationCache(folder.Write("file", ""));
        Assert.Equal([4], blocked.GetOrAdd("a.cs", [1], () => [4]));
    }

    /// <summary>What is in a cache is run: another user must not be able to put something there.</summary>
    [Fact]
    public void A_cache_that_others_may_enter_is_not_used()
    {
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("no modes of files here");
            return;
        }

        using var folder = new TemporaryFolder();
        var path = folder.File("root/policies");
        var cache = new CompilationCache(path);
        Assert.Equal([1], cache.GetOrAdd("a.cs", [1], () => [1]));
        Assert.Equal(Own, File.GetUnixFileMode(path));
        Assert.Single(Directory.GetFiles(path));

        File.SetUnixFileMode(path, Own | UnixFileMode.GroupRead);
        Assert.Equal([2], cache.GetOrAdd("a.cs", [1], () => [2]));
        File.SetUnixFileMode(path, Own);
        Assert.Equal([1], cache.GetOrAdd("a.cs", [1], () => [2]));
        // Whoever may write where it is may put another in its place, unless the folder keeps everybody to what is theirs.
        File.SetUnixFileMode(folder.File("root"), Own | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        Assert.Equal([2], cache.GetOrAdd("a.cs", [1], () => [2]));
        File.SetUnixFileMode(
            folder.File("root"),
            Own | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.StickyBit
        );
        Assert.Equal([1], cache.GetOrAdd("a.cs", [1], () => [2]));
    }

    [Fact]
    public void Models_and_accelerators_come_from_folders_too()
    {
        using var folder = new TemporaryFolder();
        var root = Architecture.Repository.Root;
        Directory.CreateDirectory(folder.File("models/me--small"));
        File.Copy(
            Path.Combine(root, "catalog/models/Qwen--Qwen3-0.6B.json"),
            folder.File("models/me--small/config.json")
        );
        var hardware = File.ReadAllText(Path.Combine(root, "catalog/hardware/NVIDIA_L4.json"));
        Directory.CreateDirectory(folder.File("hardware"));
        folder.Write("hardware/MINE.json", hardware.Replace("NVIDIA_L4", "MINE", StringComparison.Ordinal));
        folder.Write("cluster.json", """[{ "hardware": "MINE", "tp_size": 1 }]""");
        string[] own = ["--models", folder.File("models"), "--hardware_dir", folder.File("hardware")];

        var run = CliRun.Of([
            "run",
            "--request_count",
            "20",
            "--model",
            "me/small",
            "--prefill_config",
            folder.File("cluster.json"),
            .. own,
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("me/small", CliRun.Of(["models", .. own[..2]]).Out, StringComparison.Ordinal);
        Assert.Contains("MINE", CliRun.Of(["hardware", .. own[2..]]).Out, StringComparison.Ordinal);

        folder.Write("hardware/NVIDIA_L4.json", hardware.Replace("3", "4", StringComparison.Ordinal));
        Assert.Contains(
            "'NVIDIA_L4' is in the built-in catalog with other figures",
            CliRun.Of(["hardware", "NVIDIA_L4", .. own[2..]]).Error,
            StringComparison.Ordinal
        );
    }

    private static CliRun Run(TemporaryFolder policies) =>
        CliRun.Of(
            "run",
            "--performance",
            "roofline",
            "--quiet",
            "--request_count",
            "20",
            "--prefill_global",
            "mine",
            "--policies",
            policies.File("")
        );
}
