using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Profiles of engines beside and in the place of those that come with the simulator.</summary>
public sealed class EngineProfilesTests : IDisposable
{
    private const string Mine =
        """{ "name": "mine", "kind": "vllm", "layer_seconds": 0.001, "source": "a test" }""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_profile_takes_the_place_of_the_one_of_its_engine_and_versions()
    {
        var profiles = EngineProfiles.BuiltIn.With([
            Profile("new", EngineKind.Vllm, ""),
            Profile("old", EngineKind.Vllm, "0.9"),
            Profile("middle", EngineKind.Vllm, "0.100"),
        ]);

        Assert.Equal("old", profiles.Find(EngineKind.Vllm, "0.8.5.post1")!.Name);
        Assert.Equal("vllm-0.13", profiles.Find(EngineKind.Vllm, "0.12.0")!.Name);
        Assert.Equal("middle", profiles.Find(EngineKind.Vllm, "0.14.1")!.Name);
        Assert.Equal("new", profiles.Find(EngineKind.Vllm, "0.100.0")!.Name);
        Assert.Equal("new", profiles.Find(EngineKind.Vllm, "")!.Name);
        Assert.Equal(
            EngineProfiles.BuiltIn.Find(EngineKind.Sglang, ""),
            profiles.Find(EngineKind.Sglang, "")
        );
        Assert.Equal(3, profiles.Own.Count());
        Assert.Empty(EngineProfiles.BuiltIn.Own);
    }

    [Fact]
    public void Two_profiles_of_the_same_versions_are_an_error_with_both()
    {
        var error = Assert.Throws<UserErrorException>(() =>
            EngineProfiles.BuiltIn.With([
                Profile("one", EngineKind.Sglang, "0.6"),
                Profile("two", EngineKind.Sglang, "0.6"),
            ])
        );

        Assert.Equal(
            "engine profiles one and two are both of sglang before 0.6; allowed: one of them",
            error.Message
        );
    }

    [Fact]
    public void A_run_takes_the_profiles_of_a_folder_and_says_so()
    {
        _folder.Write("profiles/mine.json", Mine);
        string[] run = ["run", "--request_count", "20", "--csv_output"];
        var (plain, own) = (_folder.File("plain.csv"), _folder.File("own.csv"));

        var before = CliRun.Of([.. run, plain]);
        var after = CliRun.Of([.. run, own, "--engine_profiles", _folder.File("profiles")]);

        Assert.Equal((0, 0), (before.ExitCode, after.ExitCode));
        Assert.Contains(
            "not of the engine profile mine",
            string.Join(' ', after.Out.Split()),
            StringComparison.Ordinal
        );
        // 80 layers of Llama-3.3-70B take 1 ms each beside their kernels.
        Assert.InRange(Tpot(own) - Tpot(plain), 0.075, 0.085);
    }

    [Theory]
    [InlineData("nowhere", null, "--engine_profiles", "there is no such folder")]
    [InlineData("profiles", "{}", "mine.json:kind", "kind")]
    [InlineData(
        "profiles",
        """{"name":"m","kind":"vlm","source":"s"}""",
        "mine.json: kind: found 'vlm'",
        "allowed: vllm, sglang, trtllm"
    )]
    [InlineData(
        "profiles",
        """{"name":"m","kind":"vllm","layer_seconds":-1,"source":"s"}""",
        "mine.json",
        "layer_seconds"
    )]
    [InlineData(
        "profiles",
        """{"name":"m","kind":"vllm","before_version":"late","source":"s"}""",
        "mine.json: before_version: found 'late'",
        "allowed: MAJOR.MINOR, such as 0.14"
    )]
    public void What_is_wrong_with_a_folder_or_a_profile_is_said(
        string folder,
        string? content,
        string place,
        string what
    )
    {
        if (content is not null)
        {
            _folder.Write($"{folder}/mine.json", content);
        }

        var run = CliRun.Of("run", "--request_count", "5", "--engine_profiles", _folder.File(folder));

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(place, run.Error, StringComparison.Ordinal);
        Assert.Contains(what, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_of_own_profiles_are_not_put_among_those_of_the_simulator()
    {
        _folder.Write("profiles/mine.json", Mine);
        var rows = Path.Combine(Architecture.Repository.Root, "samples/measured/rows.csv");

        var run = CliRun.Of([
            .. $"validate --rows {rows} --write_errors {_folder.File("e.json")}".Split(' '),
            "--engine_profiles",
            _folder.File("profiles"),
        ]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "--write_errors: is not allowed with --engine_profiles",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.False(File.Exists(_folder.File("e.json")));
    }

    private static EngineProfile Profile(string name, EngineKind kind, string before) =>
        new()
        {
            Name = name,
            Kind = kind,
            BeforeVersion = before,
            Overheads = EngineOverheads.None,
            Source = "a test",
        };

    private static double Tpot(string csv) =>
        LlmSim.Experiments.Plots.ResultTable.Open(csv).Numbers("tpot_mean")[0][0];
}
