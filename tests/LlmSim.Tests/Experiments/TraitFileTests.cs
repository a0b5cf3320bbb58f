using System.Text;
using System.Text.Json;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Cli;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Experiments;

/// <summary>Grammars and thoughts in files, options and results.</summary>
public sealed class TraitFileTests
{
    [Fact]
    public void Fields_of_structured_output_are_read()
    {
        Assert.Equal(
            new StructuredOutputSpec
            {
                MaskSeconds = 5e-5,
                IterationSeconds = 2e-4,
                CompileSeconds = 0.1,
                Overlaps = false,
            },
            Read(
                """{ "mask_seconds": 5e-5, "iteration_seconds": 2e-4, "compile_seconds": 0.1, "overlap": false }"""
            )
        );
        Assert.Equal(
            new StructuredOutputSpec { MaskSeconds = 5e-5, Overlaps = true },
            Read("""{ "mask_seconds": 5e-5 }""")
        );
    }

    [Theory]
    [InlineData(
        "{ }",
        "c.json:1: mask_seconds: is not given in structured_output; allowed: a number from 0 to 1 s"
    )]
    [InlineData(
        """{ "mask_seconds": -1 }""",
        "c.json:1: mask_seconds: found -1; allowed: a number from 0 to 1 s"
    )]
    [InlineData(
        """{ "mask_seconds": 1e-5, "compile_seconds": -1 }""",
        "c.json:1: compile_seconds: found -1; allowed: a number from 0 to 1e9 s"
    )]
    [InlineData(
        """{ "mask_seconds": 1e-5, "overlap": 1 }""",
        "c.json:1: overlap: found 1; allowed: true, false"
    )]
    public void What_is_wrong_is_said(string json, string message) =>
        Assert.Equal(message, Assert.Throws<UserErrorException>(() => Read(json)).Message);

    [Theory]
    [InlineData("--structured_share", "0", "structured_share")]
    [InlineData("--structured_share", "1.5", "structured_share")]
    [InlineData("--thinking_mean", "0", "thinking_mean")]
    [InlineData("--thinking_budget", "0", "thinking_budget")]
    [InlineData(
        "--thinking_budget",
        "100",
        "thinking_budget: found 100 without thoughts; allowed: with thinking_mean"
    )]
    public void Wrong_options_are_said(string option, string value, string message)
    {
        var run = CliRun.Of("run", "--request_count", "10", option, value);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--structured_share", "0.5", "structured_share", "schema")]
    [InlineData("--thinking_mean", "100", "thinking_mean", "thinking")]
    public void A_trace_says_it_itself(string option, string value, string name, string column)
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write(
            "t.jsonl",
            "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n"
        );

        var run = CliRun.Of("run", "--trace_path", trace, option, value);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            $"{name}: a trace says it of its requests, in the column of columns {column}=NAME; allowed with synthetic sources only",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Conversations_do_not_think()
    {
        var run = CliRun.Of(
            "run",
            "--request_source",
            "chat",
            "--thinking_mean",
            "100",
            "--request_count",
            "10"
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "thinking_mean: found with request_source chat; allowed: sources without conversations",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Columns_say_grammar_and_thoughts()
    {
        var requests = Trace(
            "TIMESTAMP,ContextTokens,GeneratedTokens,format,reasoning\n2023-11-16 18:15:46,10,5,json,3\n2023-11-16 18:15:47,10,5,,0\n2023-11-16 18:15:48,9,5,json,\n",
            "schema=format,thinking=reasoning"
        );

        Assert.Equal(
            [("json", 3), (null, 0), ("json", 0)],
            requests.Select(request => (request.Schema, request.ThinkingTokens))
        );
        Assert.Equal(
            "t:2: reasoning: found 2.5; allowed: a whole number from 0 to 10000000",
            Assert
                .Throws<UserErrorException>(() =>
                    Trace(
                        "TIMESTAMP,ContextTokens,GeneratedTokens,reasoning\n2023-11-16 18:15:46,10,5,2.5\n",
                        "thinking=reasoning"
                    )
                )
                .Message
        );
    }

    [Fact]
    public void The_own_format_keeps_them()
    {
        RequestSpec[] requests =
        [
            new(0, default, 10, 5) { Schema = "json", ThinkingTokens = 3 },
            new(1, default, 12, 6),
            new(2, default, 12, 6) { ThinkingTokens = 1, Adapter = "sql" },
        ];
        using var stream = new MemoryStream();
        Assert.True(TraceWriter.NeedsLlmSim(requests[0]));
        TraceWriter.WriteLlmSim(stream, requests);

        var read = Trace(Encoding.UTF8.GetString(stream.ToArray()), columns: null);

        Assert.Equal(
            requests.Select(request => (request.Adapter, request.Schema, request.ThinkingTokens)),
            read.Select(request => (request.Adapter, request.Schema, request.ThinkingTokens))
        );
    }

    [Fact]
    public void Classes_of_a_mix_have_their_own()
    {
        using var folder = new TemporaryFolder();
        var mix = folder.Write(
            "m.yaml",
            """
            classes:
              - { name: plain, share: 1, input_len: 10, output_len: 5 }
              - { name: json, share: 1, input_len: 10, output_len: 5, structured_share: 1, structured_schemas: 2 }
              - { name: thinks, share: 1, input_len: 10, output_len: 5, thinking_mean: 100, thinking_budget: 40 }
            """
        );

        var classes = MixWorkload
            .ToRequests(MixFile.Read(mix, new()), new() { RequestCount = 300 })
            .ToLookup(request => request.Origin!.Class);

        Assert.All(classes["plain"], request => Assert.Null(request.Traits));
        Assert.Equal(["schema0", "schema1"], classes["json"].Select(r => r.Schema).Distinct().Order());
        Assert.All(
            classes["thinks"],
            request => Assert.Equal(5, request.OutputTokens - request.ThinkingTokens)
        );
        Assert.Equal(40, classes["thinks"].Max(request => request.ThinkingTokens));
    }

    [Fact]
    public void Results_have_grammars_and_answers()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "c.json",
            """
            [{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4,
               "engine": { "structured_output": { "mask_seconds": 1e-4, "compile_seconds": 0.2 } } }]
            """
        );
        string[] arguments =
        [
            "run",
            "--cluster",
            cluster,
            "--request_count",
            "60",
            "--structured_share",
            "0.5",
            "--structured_schemas",
            "3",
            "--thinking_mean",
            "200",
            "--thinking_budget",
            "300",
        ];

        var run = CliRun.Of([.. arguments, "--verify", "--json", "-"]);
        var text = CliRun.Of(arguments);

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        var summary = json.RootElement.GetProperty("summary");
        var structured = summary.GetProperty("structured_output");
        Assert.InRange(structured.GetProperty("requests").GetInt64(), 15, 45);
        Assert.Equal(3, structured.GetProperty("compilations").GetInt64());
        Assert.Equal(60, summary.GetProperty("ttfo_seconds").GetProperty("count").GetInt64());
        Assert.True(
            summary.GetProperty("ttfo_seconds").GetProperty("mean").GetDouble()
                > summary.GetProperty("ttft_seconds").GetProperty("mean").GetDouble()
        );
        Assert.InRange(summary.GetProperty("thinking_tokens").GetInt64(), 60, 60 * 300);
        Assert.Contains("Grammars", text.Out, StringComparison.Ordinal);
        Assert.Contains("TTFO", text.Out, StringComparison.Ordinal);
    }

    private static List<RequestSpec> Trace(string text, string? columns)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        using var trace = LlmSim.Workloads.Traces.Trace.Open(
            stream,
            "t",
            new TraceOptions { Columns = columns },
            readHashIds: false,
            seed: 1
        );
        return [.. trace.Requests()];
    }

    private static StructuredOutputSpec Read(string fields) =>
        ClusterFile
            .Read(
                Encoding.UTF8.GetBytes(
                    $$"""[{ "hardware": "NVIDIA_H200", "tp_size": 8, "engine": { "structured_output": {{fields}} } }]"""
                ),
                "c.json",
                new(HardwareCatalog.BuiltIn.Get, name => name, ModelCatalog.BuiltIn.Get)
            )[0]
            .Instance.Engine!.StructuredOutput!;
}
