using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>A result never takes the place of what it would be made from, whichever command and option name the file.</summary>
public sealed class OutputOverInputTests
{
    private const string Cluster = """
        [
          {"role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 4},
          {"role": "decode", "hardware": "NVIDIA_H100_SXM", "tp_size": 4}
        ]
        """;

    private const string Model = """
        {
          "model_type": "qwen2", "hidden_size": 1024, "intermediate_size": 4864, "num_hidden_layers": 24,
          "num_attention_heads": 16, "num_key_value_heads": 4, "vocab_size": 151936,
          "max_position_embeddings": 32768, "tie_word_embeddings": true, "use_sliding_window": false
        }
        """;

    [Theory]
    [InlineData("run --trace_path t.jsonl --arrivals trace --csv_output t.jsonl")]
    [InlineData("run --trace_path t.jsonl --arrivals trace --json link")]
    [InlineData("run --trace_path t.jsonl --arrivals trace --requests_output hard.csv")]
    [InlineData("run --trace_path link --csv_output t.jsonl")]
    [InlineData("run --cluster c.json --request_count 5 --json c.json")]
    [InlineData("run --prefill_config p.json --decode_config p.json --request_count 5 --csv_output p.json")]
    [InlineData("run --model m/config.json --request_count 5 --json m/config.json")]
    [InlineData("run --trace_path q.csv --request_count 5 --sample_queue_states --queue_states_output q.csv")]
    [InlineData("run --cluster c.json --request_count 5 --seed 1 2 --replications_output c.json")]
    [InlineData("run --cluster c.json --request_count 5 --seed 1 2 --json c.json")]
    [InlineData("sweep s.yaml --csv_output s.yaml")]
    [InlineData("sweep s.yaml --json c.json")]
    [InlineData("sweep s.yaml --csv_output a.csv --checkpoint_path a.csv")]
    [InlineData("workload convert t.jsonl t.jsonl")]
    [InlineData("workload convert q.csv ./q.csv")]
    [InlineData("workload generate --trace_path t.jsonl --output t.jsonl")]
    [InlineData("profile --model m/config.json --output m/config.json --format json")]
    public void A_file_that_is_read_is_refused_as_a_result(string command)
    {
        using var folder = Inputs();
        var before = Contents(folder);

        var run = CliRun.Of([.. command.Split(' ').Select(word => Located(folder, word)), .. Quiet(command)]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("same file", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, Contents(folder));
    }

    /// <summary>The journal of a sweep that is resumed is there already.</summary>
    [Fact]
    public void A_result_does_not_take_the_place_of_the_journal()
    {
        using var folder = Inputs();
        string[] sweep =
        [
            .. "run --request_count 5 --seed 1 2 --quiet --checkpoint_path".Split(' '),
            folder.File("j"),
        ];
        Assert.Equal(0, CliRun.Of(sweep).ExitCode);
        var before = Contents(folder);

        var run = CliRun.Of([.. sweep, "--resume", "--csv_output", folder.File("j")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("same file", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, Contents(folder));
    }

    [Fact]
    public void Pictures_do_not_take_the_place_of_what_is_drawn()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("b_against_a.svg.csv", "a,b\n1,2\n2,3\n");
        File.CreateSymbolicLink(folder.File("b_against_a.svg"), "b_against_a.svg.csv");

        var run = CliRun.Of(
            "plot",
            table,
            "--x",
            "a",
            "--y",
            "b",
            "--format",
            "svg",
            "--output",
            folder.File("")
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("a,b\n1,2\n2,3\n", File.ReadAllText(table));
    }

    private static TemporaryFolder Inputs()
    {
        var folder = new TemporaryFolder();
        folder.Write("t.jsonl", """{"timestamp": 0, "input_length": 10, "output_length": 3}""");
        folder.Write("q.csv", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.0,10,4\n");
        folder.Write("c.json", Cluster);
        folder.Write("p.json", """[{"hardware": "NVIDIA_H100_SXM", "tp_size": 4}]""");
        folder.Write(
            "s.yaml",
            $"base:\n  request_count: 5\n  cluster: {folder.File("c.json")}\ngrid:\n  seed: [1, 2]\n"
        );
        folder.Write("m/config.json", Model);
        File.CreateSymbolicLink(folder.File("link"), "t.jsonl");
        using var ln = System.Diagnostics.Process.Start(
            "ln",
            [folder.File("t.jsonl"), folder.File("hard.csv")]
        );
        ln.WaitForExit();
        return folder;
    }

    private static string Located(TemporaryFolder folder, string word) =>
        Path.GetExtension(word).Length > 0 || word == "link" ? folder.File(word) : word;

    private static string[] Quiet(string command) =>
        command.StartsWith("run ", StringComparison.Ordinal)
        || command.StartsWith("sweep ", StringComparison.Ordinal)
            ? ["--quiet"]
            : [];

    private static Dictionary<string, string> Contents(TemporaryFolder folder) =>
        Directory
            .EnumerateFiles(folder.File(""), "*", SearchOption.AllDirectories)
            .ToDictionary(path => path, path => Convert.ToHexString(File.ReadAllBytes(path)));
}
