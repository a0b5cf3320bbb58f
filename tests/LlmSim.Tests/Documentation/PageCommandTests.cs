using System.Text;
using System.Text.RegularExpressions;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Documentation;

/// <summary>
/// The commands of the pages run, one after another, in a folder with the files that the pages speak of. Runs are made short; what they
/// say is the business of other tests, and README.md and docs/experiments.md have tests of their own.
/// </summary>
[Collection(WorkingFolderTests.Name)]
public sealed partial class PageCommandTests
{
    /// <summary>Measured profiles are not part of the repository.</summary>
    private static readonly string s_profiles = Path.GetFullPath(
        Path.Combine(Repository.Root, "../shared/measured/profiles")
    );

    private static readonly string[] s_tested = ["README.md", Path.Combine("docs", "experiments.md")];

    [Fact]
    public void They_run_in_their_order()
    {
        using var folder = new WorkingFolder();
        Prepare(folder);
        var commands = DocumentationPage
            .All.Where(page => !s_tested.Contains(page.Name))
            .SelectMany(page =>
                ExampleTests.Commands(page.Name).Select(command => (page.Name, Command: command))
            )
            // A queue needs a server; those commands have tests of their own.
            .Where(command => !command.Command.Contains("nats://", StringComparison.Ordinal))
            .Where(command =>
                Directory.Exists(s_profiles)
                || !command.Command.Contains("measured:profiles", StringComparison.Ordinal)
            )
            .ToArray();

        Assert.True(commands.Length > 50, "the pages show how things are done");
        Assert.All(
            commands,
            command =>
            {
                var words = Short(
                    ExampleTests.Words(
                        command.Command.Replace(" --precise_limit 200000", "", StringComparison.Ordinal)
                    )
                );
                var run = CliRun.Of(words);
                // Limits that are there to be looked at may not be met.
                var isMet = run.ExitCode == 0 || (run.ExitCode == 3 && words.Contains("--require"));
                Assert.True(isMet, $"{command.Name}: {command.Command}\n{run.Error}");
            }
        );
    }

    /// <summary>The same with few requests, and over what an earlier page has written.</summary>
    private static string[] Short(string[] words)
    {
        string[] more = words[0] switch
        {
            "run"
                when !words.Contains("--performance")
                    && !words.Contains("--precise")
                    && !words.Contains("--request_count")
                    && !words.Contains("--concurrency") => ["--request_count", "40"],
            "run" when words.Contains("measured:profiles/RTXPRO6000/meta-llama/Llama-3.1-8B/bf16") =>
            [
                "--cluster",
                "card.json",
                "--request_count",
                "40",
            ],
            "run" when words.Contains("--precise") => ["--precise_limit", "1000"],
            "validate" when words.Contains("--rows") || words.Contains("--experiments") => ["--limit", "2"],
            "plan" =>
            [
                "--hardware",
                "H100",
                "--tp_sizes",
                "2",
                "--modes",
                "mixed",
                "--rows",
                "2",
                "--gpus",
                "8",
            ],
            _ => [],
        };
        var isSweep = words[0] == "sweep" || words.Contains("--csv_output");
        return
        [
            .. words,
            .. more,
            .. isSweep && !words.Contains("--resume") && !words.Contains("--print_plan")
                ? ["--overwrite"]
                : Array.Empty<string>(),
        ];
    }

    private static void Prepare(WorkingFolder folder)
    {
        CopyTree("samples", folder);
        CopyTree("schemas", folder);
        CopyTree("configs", folder);
        CopyTree("traces", folder);
        folder.Files.Write("cluster.json", Block("batching.md", "json"));
        folder.Files.Write("drafts.json", Block("speculative-decoding.md", "json"));
        folder.Files.Write("adapters.json", Block("lora.md", "json"));
        folder.Files.Write("grammars.json", Block("structured-output.md", "json"));
        folder.Files.Write("two-nodes.json", Block("pipeline-parallelism.md", "json"));
        folder.Files.Write("long-prompts.json", Block("context-parallelism.md", "json"));
        folder.Files.Write("experts.json", Block("expert-parallelism.md", "json"));
        folder.Files.Write("tiers.json", Block("kv-tiers.md", "json"));
        folder.Files.Write(
            "card.json",
            """[{"role": "mixed", "hardware": "NVIDIA_RTX_PRO_6000", "tp_size": 1}]"""
        );
        folder.Files.Write("prices.json", Block("costs.md", "json"));
        folder.Files.Write("mix.yaml", Block("workloads.md", "yaml"));
        folder.Files.Write(
            "bailian.jsonl",
            """
            {"chat_id": 7, "parent_chat_id": -1, "timestamp": 0.5, "input_length": 20, "output_length": 13, "type": "text", "turn": 1, "hash_ids": [3, 4]}
            {"chat_id": 8, "parent_chat_id": 7, "timestamp": 9.5, "input_length": 40, "output_length": 13, "type": "text", "turn": 2, "hash_ids": [3, 5, 6]}
            """
        );
        folder.Files.Write("sessions.jsonl", Workloads.TraceFormatTests.Samples["sessions"]);
        folder.Files.Write("rates.csv", "time,rate\n0,2\n600,5\n");
        folder.Files.Write("sweep.yaml", Block("experiments.md", "yaml"));
        folder.Files.Write("policies/earliest_finish.cs", Block("policies.md", "csharp"));
        folder.Files.Write(
            "rows.csv",
            File.ReadAllText(Path.Combine(Repository.Root, "samples/measured/rows.csv"))
        );
        folder.Files.Write(
            "trace.jsonl",
            Lines(i => $$"""{"timestamp": {{i * 500}}, "input_length": 500, "output_length": 20}""")
        );
        folder.Files.Write(
            "day.jsonl",
            Lines(i => $$"""{"timestamp": {{i * 900_000}}, "input_length": 500, "output_length": 20}""")
        );
        folder.Files.Write(
            "burstgpt.csv",
            "Timestamp,Request tokens,Response tokens\n" + Lines(i => $"{i},100,{i % 10}")
        );
        folder.Files.Write(
            "log.csv",
            "Start,Prompt tokens,Completion tokens,Product,Customer,Rank\n"
                + Lines(i => $"{i * 500},100,20,chat,acme,{i % 3}")
        );
        folder.Files.Write(
            "azure.csv",
            "TIMESTAMP,ContextTokens,GeneratedTokens\n" + Lines(i => $"2024-05-10 00:00:{i:00}.5,100,20")
        );
        if (Directory.Exists(s_profiles))
        {
            Directory.CreateSymbolicLink(folder.Files.File("profiles"), s_profiles);
        }

        // What the pages on pictures draw has been written before.
        foreach (var (name, order) in new[] { ("fcfs.csv", "fcfs"), ("shortest.csv", "shortest") })
        {
            Run("run", "--prefill_local", order, "--requests_output", name);
        }

        Run("run", "--requests_output", "requests.csv", "--sample_queue_states", "--sample_interval", "5");
        Run(
            "run",
            "--lambda_arrival",
            "1",
            "2",
            "--prefill_local",
            "fcfs",
            "shortest",
            "--seed",
            "1",
            "2",
            "--csv_output",
            "sweep.csv"
        );
    }

    private static void Run(params string[] words)
    {
        var run = CliRun.Of([.. words, "--request_count", "40"]);
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private static string Block(string page, string language) =>
        DocumentationPage.All.Single(one => one.Name == Path.Combine("docs", page)).Blocks(language).First();

    private static string Lines(Func<int, string> line) =>
        Enumerable
            .Range(0, 50)
            .Aggregate(new StringBuilder(), (text, i) => text.Append(line(i)).Append('\n'))
            .ToString();

    [GeneratedRegex("request_count: [0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Requests();

    private static void CopyTree(string name, WorkingFolder folder)
    {
        var source = Path.Combine(Repository.Root, name);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(Repository.Root, file);
            if (
                !relative.Contains("obj", StringComparison.Ordinal)
                && !relative.Contains("bin", StringComparison.Ordinal)
            )
            {
                folder.Files.Write(relative, Requests().Replace(File.ReadAllText(file), "request_count: 40"));
            }
        }
    }
}
