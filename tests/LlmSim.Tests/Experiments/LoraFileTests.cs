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

/// <summary>Adapters in files: <c>lora</c> of engines, classes of mixes, columns of traces and results.</summary>
public sealed class LoraFileTests
{
    private const string Bandwidths = "\"host_bytes_per_second\": 5e10, \"load_bytes_per_second\": 2e9";

    [Fact]
    public void Fields_are_read()
    {
        var lora = Read(
            $$"""
            { "max_loras": 4, "max_lora_rank": 64, "max_cpu_loras": 20, "target_modules": "attention", "adapters": { "sql": 8, "chat": 64 },
              "load_latency_seconds": 0.2, "kernel_seconds": 2e-6, {{Bandwidths}} }
            """
        );

        Assert.Equal((4, 64, 20), (lora.MaxAdapters, lora.MaxRank, lora.HostAdapters));
        Assert.Equal(LoraTargets.Attention, lora.Targets);
        Assert.Equal((8, 64, null), (lora.RankOf("sql"), lora.RankOf("chat"), lora.RankOf("other")));
        Assert.Equal((5e10, 2e9), (lora.HostBytesPerSecond, lora.LoadBytesPerSecond));
        Assert.Equal((0.2, 2e-6), (lora.LoadLatencySeconds, lora.KernelSeconds));
    }

    [Fact]
    public void Defaults_are_those_of_vllm()
    {
        var lora = Read($$"""{ {{Bandwidths}} }""");

        Assert.Equal((1, 16, 1), (lora.MaxAdapters, lora.MaxRank, lora.HostAdapters));
        Assert.Equal(LoraTargets.AllLinear, lora.Targets);
        Assert.Equal(16, lora.RankOf("any"));
    }

    [Theory]
    [InlineData(
        """{ "host_bytes_per_second": 5e10 }""",
        "c.json:1: load_bytes_per_second: is not given in lora; allowed: a number above 0, up to 1e18 bytes/s"
    )]
    [InlineData(
        """{ "max_loras": 0, "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: max_loras: found 0; allowed: a whole number from 1 to 1000000"
    )]
    [InlineData(
        """{ "rank": 32, "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: rank: found 32; allowed: up to the 16 of max_lora_rank"
    )]
    [InlineData(
        """{ "adapters": { "sql": 32 }, "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: adapters: sql: found rank 32; allowed: up to the 16 of max_lora_rank"
    )]
    [InlineData(
        """{ "adapters": { "sql": 8 }, "rank": 8, "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: rank: found beside adapters, which have their own; allowed: one of them"
    )]
    [InlineData(
        """{ "max_loras": 4, "max_cpu_loras": 2, "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: max_cpu_loras: found 2 beside 4 max_loras; allowed: at least as many, since what is in a slot is on the host"
    )]
    [InlineData(
        """{ "kernel_seconds": -1e-6, "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: kernel_seconds: found -1e-6; allowed: a number from 0 to 1 s"
    )]
    [InlineData(
        """{ "load_latency_seconds": -1, "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: load_latency_seconds: found -1; allowed: a number from 0 to 1e9 s"
    )]
    [InlineData(
        """{ "target_modules": "mlp", "host_bytes_per_second": 5e10, "load_bytes_per_second": 2e9 }""",
        "c.json:1: target_modules: found 'mlp'; allowed: attention, all_linear."
    )]
    public void What_is_wrong_is_said(string json, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(json));

        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Adapters_of_experts_are_not_simulated()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "c.json",
            $$"""[{ "role": "mixed", "hardware": "NVIDIA_H200", "tp_size": 8, "engine": { "lora": { {{Bandwidths}} } } }]"""
        );

        var run = CliRun.Of("run", "--cluster", cluster, "--model", "deepseek-ai/DeepSeek-V3");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("target_modules: found all_linear with", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_kind_does_not_read_it()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "c.json",
            $$"""[{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "engine": { "kind": "sglang", "lora": { {{Bandwidths}} } } }]"""
        );

        var run = CliRun.Of("run", "--cluster", cluster);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("lora: is read by vLLM alone", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_engine_there_are_no_adapters()
    {
        var run = CliRun.Of("run", "--adapters", "3", "--request_count", "10");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("adapter: request 0 asks for 'adapter", run.Error, StringComparison.Ordinal);
        Assert.Contains("an instance of its model has no lora", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_have_what_became_of_adapters()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "c.json",
            $$"""
            [{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4,
               "engine": { "lora": { "max_loras": 2, "max_cpu_loras": 8, {{Bandwidths}} } } }]
            """
        );

        string[] arguments =
        [
            "run",
            "--cluster",
            cluster,
            "--request_count",
            "60",
            "--adapters",
            "10",
            "--adapter_popularity",
            "zipf:1",
        ];
        var run = CliRun.Of([.. arguments, "--verify", "--json", "-"]);
        var text = CliRun.Of(arguments);

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal("all_linear", Find(json.RootElement, "targets").GetString());
        var summary = json.RootElement.GetProperty("summary");
        var adapters = summary.GetProperty("adapters");
        // Preempted ones are admitted again.
        Assert.Equal(
            60 + summary.GetProperty("evictions").GetInt64(),
            adapters.GetProperty("requests").GetInt64()
        );
        Assert.InRange(adapters.GetProperty("store_loads").GetInt64(), 8, 60);
        Assert.True(adapters.GetProperty("mean_wait_seconds").GetDouble() > 0);
        Assert.Contains("Adapters", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_does_not_get_adapters()
    {
        using var folder = new TemporaryFolder();
        var trace = folder.Write(
            "t.jsonl",
            "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n"
        );

        var run = CliRun.Of("run", "--trace_path", trace, "--adapters", "3");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "adapters: a trace says it of its requests, in the column of columns adapter=NAME; allowed with synthetic sources only",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_column_says_the_adapter()
    {
        var requests = Trace(
            "TIMESTAMP,ContextTokens,GeneratedTokens,lora\n2023-11-16 18:15:46,10,5,sql\n2023-11-16 18:15:47,10,5,\n2023-11-16 18:15:48,9,5,sql\n",
            "adapter=lora"
        );

        Assert.Equal(["sql", null, "sql"], requests.Select(request => request.Adapter));
        Assert.All(requests, request => Assert.Null(request.Origin));
    }

    [Fact]
    public void The_own_format_keeps_adapters()
    {
        RequestSpec[] requests =
        [
            new(0, default, 10, 5) { Adapter = "sql" },
            new(1, default, 12, 6),
            .. ChatWorkload
                .Parse("chat:turns=2")
                .Generate(1, 1000)
                .Take(1)
                .Select(request => request with { Id = 2, Adapter = "chat" }),
        ];
        using var stream = new MemoryStream();
        Assert.True(TraceWriter.NeedsLlmSim(requests[0]));
        TraceWriter.WriteLlmSim(stream, requests);

        var read = Trace(Encoding.UTF8.GetString(stream.ToArray()), columns: null);

        Assert.Equal(["sql", null, "chat"], read.Select(request => request.Adapter));
    }

    [Fact]
    public void Classes_of_a_mix_have_adapters()
    {
        using var folder = new TemporaryFolder();
        var mix = folder.Write(
            "m.yaml",
            """
            classes:
              - { name: base, share: 1, input_len: 10, output_len: 5 }
              - { name: one, share: 1, input_len: 10, output_len: 5, adapter: sql }
              - { name: some, share: 1, input_len: 10, output_len: 5, adapters: 3, adapter_popularity: "zipf:1" }
            """
        );

        var adapters = MixWorkload
            .ToRequests(MixFile.Read(mix, new()), new() { RequestCount = 300 })
            .GroupBy(request => request.Origin!.Class, request => request.Adapter)
            .ToDictionary(one => one.Key, one => one.Distinct().Order().ToArray());

        Assert.Equal([null], adapters["base"]);
        Assert.Equal(["sql"], adapters["one"]);
        Assert.Equal(["adapter0", "adapter1", "adapter2"], adapters["some"]);
    }

    [Fact]
    public void A_class_has_one_adapter_or_some()
    {
        using var folder = new TemporaryFolder();
        var mix = folder.Write(
            "m.yaml",
            "classes:\n  - { name: one, share: 1, input_len: 10, adapter: sql, adapters: 3 }\n"
        );

        var error = Assert.Throws<UserErrorException>(() => MixFile.Read(mix, new()));

        Assert.Contains(
            "adapters: found beside adapter; allowed: one of them",
            error.Message,
            StringComparison.Ordinal
        );
    }

    private static JsonElement Find(JsonElement element, string name)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                var found = property.Name == name ? property.Value : Find(property.Value, name);
                if (found.ValueKind != JsonValueKind.Undefined)
                {
                    return found;
                }
            }
        }

        return element.ValueKind == JsonValueKind.Array
            ? element
                .EnumerateArray()
                .Select(one => Find(one, name))
                .FirstOrDefault(one => one.ValueKind != JsonValueKind.Undefined)
            : default;
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

    private static LoraSpec Read(string lora) =>
        ClusterFile
            .Read(
                Encoding.UTF8.GetBytes(
                    $$"""[{ "hardware": "NVIDIA_H200", "tp_size": 8, "engine": { "lora": {{lora.ReplaceLineEndings(" ")}} } }]"""
                ),
                "c.json",
                new(HardwareCatalog.BuiltIn.Get, name => name, ModelCatalog.BuiltIn.Get)
            )[0]
            .Instance.Engine!.Lora!;
}
