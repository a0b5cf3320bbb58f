using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>What comes from files and options reaches the terminal escaped and cut.</summary>
public sealed class ControlCharacterTests
{
    private const string Red = "\u001b[2J\u001b[31mred";

    /// <summary>As JSON and YAML write it.</summary>
    private const string RedInJson = "\\u001b[2J\\u001b[31mred";

    [Theory]
    [InlineData(
        "run --trace_path FILE",
        "e.jsonl",
        $$"""{"timestamp": "{{Red}}", "input_length": 1, "output_length": 1}"""
    )]
    [InlineData("run --trace_path FILE", "e.jsonl", $$"""{"timestamp": 0, "{{RedInJson}}": 1}""")]
    [InlineData("run --trace_path FILE", "e.csv", $"TIMESTAMP,ContextTokens,GeneratedTokens\n0,{Red},1\n")]
    [InlineData(
        "run --prefill_config FILE",
        "e.json",
        $$"""[{"hardware":"NVIDIA_H100_SXM","tp_size":1,"a{{RedInJson}}":1}]"""
    )]
    [InlineData(
        "run --cluster FILE",
        "e.json",
        $$"""[{"role":"{{RedInJson}}","hardware":"NVIDIA_H100_SXM","tp_size":1}]"""
    )]
    [InlineData("run --model FILE", "e.json", $$"""{"model_type": "{{RedInJson}}"}""")]
    [InlineData("sweep FILE", "e.yaml", $"base:\n  \"{RedInJson}\": 1\n")]
    [InlineData("sweep FILE", "e.yaml", $"base:\n  seed: \"{RedInJson}\"\n")]
    [InlineData("plot FILE --x a --y b", "e.csv", $"a,b\n{Red},2\n")]
    public void Of_a_file(string command, string name, string content)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);

        var run = CliRun.Of([.. command.Split(' ').Select(word => word == "FILE" ? path : word)]);

        Assert.Equal(1, run.ExitCode);
        AssertClean(run);
    }

    [Theory]
    [InlineData("run --prefill_local")]
    [InlineData("run --model")]
    [InlineData("run --seed")]
    [InlineData("run --performance")]
    [InlineData("run")]
    [InlineData("sweep")]
    [InlineData("profile --hardware")]
    public void Of_an_option(string command)
    {
        var run = CliRun.Of([.. command.Split(' '), Red]);

        Assert.Equal(1, run.ExitCode);
        AssertClean(run);
    }

    [Fact]
    public void Of_the_names_in_a_result()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write(
            $"{Red}\n.jsonl",
            """{"timestamp": 0, "input_length": 9, "output_length": 2}"""
        );

        var run = CliRun.Of("run", "--trace_path", trace);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        AssertClean(run);
        Assert.Contains("""\x1b[31mred\n.jsonl""", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_the_rows_of_a_sweep()
    {
        using var folder = new TemporaryFolder();
        string[] traces =
        [
            .. new[] { "a", "b" }.Select(name =>
                folder.Write(
                    $"{name}{Red}.jsonl",
                    """{"timestamp": 0, "input_length": 9, "output_length": 2}"""
                )
            ),
        ];

        var run = CliRun.Of(["run", "--trace_path", .. traces]);

        Assert.Equal(0, run.ExitCode);
        AssertClean(run);
        Assert.Contains("""\x1b[31mred""", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_cell_is_cut()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t.csv", $"a,b\n{new string('x', 100_000)},2\n");

        var run = CliRun.Of("plot", path, "--x", "a", "--y", "b");

        Assert.Equal(1, run.ExitCode);
        Assert.InRange(run.Error.Length, 80, 600);
    }

    private static void AssertClean(CliRun run)
    {
        var text = run.Out + run.Error;
        Assert.DoesNotContain(text, c => char.IsControl(c) && c != '\n');
        Assert.Contains("""\x1b""", text, StringComparison.Ordinal);
    }
}
