using System.IO.Compression;
using System.Text;
using LlmSim.Experiments;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Costs;
using LlmSim.Experiments.Kernels;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Sweeps;
using LlmSim.Experiments.Validation;
using LlmSim.Experiments.Validation.Bench;
using LlmSim.Experiments.Validation.Serving;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using LlmSim.Tests.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Tests.Fuzz;

/// <summary>Every reader of files that users name.</summary>
internal static class Corpus
{
    private const string Cluster = """
        [
          // A comment.
          {"role": "prefill", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 2, "memory_utilization": 0.9,
           "kv_link_bytes_per_second": 5e10, "kv_link_latency_seconds": 1e-5, "gpus_per_node": 8},
          {"role": "decode", "hardware": "NVIDIA_H200", "tp_size": 8, "expert_parallel": 8, "expert_skew": [1, 2.5], "redundant_experts": 8, "nic_bytes_per_second": 5e10,
           "all2all_backend": "deepep_low_latency", "engine": {"kind": "sglang", "version": "0.5.1", "max_num_seqs": 64, "block_size": 16,
             "kv_blocks": 1000, "cuda_graph_sizes": [1, 2, 4], "mixed_chunk": true, "overheads": {"iteration_seconds": 1e-3}}},
        ]
        """;

    private const string Sweep = """
        base: { model: meta-llama/Llama-3.1-8B, request_count: 5 }
        grid:
          lambda_arrival: [1, 2.5]
          prefill_local: &policies [fcfs, shortest]
        zip:
          - ttft_slo: [1, 2]
            tpot_slo: [0.1, 0.2]
        replications: 3
        """;

    private const string Meta = """
        model: toy
        hardware: H100
        variant: bf16
        skew_fit:
          enabled: true
          bucket_axes:
            n_bins: [0, 2, 1000]
            n_labels: [n<=2, n>2]
            skew_rate_bins: [-0.01, 1.01]
            skew_rate_labels: [any]
            kv_big_bins: [0, 1000000]
            kv_big_labels: [all]
            kp_bins: [-1, 0, 1000000]
            kp_labels: [kp=0, kp>0]
          per_tp:
            1:
              alpha_default: 0.25
              bucket_table: tp1/skew_fit.csv
        """;

    private const string Mix = """
        classes:
          - {name: chat, tenant: acme, priority: -1, weight: 0.5, share: 3, ttft_slo: 1.5, deadline: 60, request_source: "chat:turns=4,think=3s"}
          - name: batch
            share: 1
            input_len: 200
            output_len: 20
            arrivals: gamma:cv=2
        """;

    /// <summary>Traces whose requests follow each other.</summary>
    private static readonly Dictionary<string, string> s_sessions = new()
    {
        ["bailian"] = """
            {"chat_id": 7, "parent_chat_id": -1, "timestamp": 0.5, "input_length": 20, "output_length": 13, "turn": 1, "hash_ids": [3, 4]}
            {"chat_id": 8, "parent_chat_id": 7, "timestamp": 9.5, "input_length": 40, "output_length": 13, "turn": 2, "hash_ids": [3, 5, 6]}
            """,
        ["sessions"] = """
            {"session_id": "a", "timestamp": 0, "input_length": 600, "output_length": 100, "hash_ids": [1, 2]}
            {"session_id": "a", "delay": 2500, "input_length": 900, "output_length": 50, "hash_ids": [1, 7]}
            """,
        ["sharegpt"] = """
            [{"id": "a", "conversations": [{"from": "human", "value": "hello", "tokens": 10}, {"from": "gpt", "value": "2"}, {"from": "human", "value": "3"}, {"from": "gpt", "value": "4"}]}]
            """,
        ["otel"] = TraceFormatTests.Samples["otel"],
        ["otlp"] = TraceFormatTests.Samples["otlp"],
    };

    private static readonly Dictionary<string, string> s_profile = new()
    {
        ["p/meta.yaml"] = Meta,
        ["p/tp1/dense.csv"] = "layer,tokens,time_us\nembedding,1,2\nembedding,3,4\n",
        ["p/tp1/per_sequence.csv"] = "layer,sequences,time_us\nlm_head,1,500\nlm_head,8,550\n",
        ["p/tp1/attention.csv"] =
            "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n0,0,1,16,8\n0,0,2,16,9\n512,0,0,0,80\n",
        ["p/tp1/moe.csv"] = "tokens,activated_experts,time_us\n1,8,50\n2,8,60\n",
        ["p/tp1/skew_fit.csv"] =
            "pc,n_label,skew_rate_label,kv_big_label,kp_label,alpha,n_samples\n0,n>2,any,all,kp=0,-0.5,4\n",
    };

    private static readonly Dictionary<string, string> s_run = new()
    {
        ["run/meta.json"] = """
            {"model": "meta-llama/Llama-3.1-8B", "vllm_version": "0.19.0",
             "engine_kwargs": {"max_num_batched_tokens": 2048, "max_num_seqs": 128}}
            """,
        ["run/deployment.json"] = """
            {"link_bw": 16, "link_latency": 20000, "nodes": [{"instances": [{"hardware": "TOY", "tp_size": 1,
             "npu_mem": {"mem_size": 96, "mem_bw": 1597, "mem_util": 0.9}}]}]}
            """,
        ["run/requests.jsonl"] = """
            {"request_id": "bench-0", "input_toks": 20, "output_toks": 5, "queued_ts": 1000, "first_token_ts": 1000.1, "last_token_ts": 1000.2, "arrival_time": 5}
            {"request_id": "bench-1", "input_toks": 21, "output_toks": 6, "queued_ts": 1001, "first_token_ts": 1001.1, "last_token_ts": 1001.2, "arrival_time": 6}
            """,
        ["run/timeseries.csv"] = "t,running,waiting\n0,1,0\n1.5,2,1\n",
    };

    private static readonly Dictionary<string, string> s_kernels = new()
    {
        ["h100_sxm/gemm/vllm/0.1.0/gemm_perf.csv"] =
            "gemm_dtype,m,n,k,latency\nbfloat16,1,4096,4096,0.009\nbfloat16,1024,4096,4096,0.05\n",
        ["h100_sxm/attention/vllm/0.1.0/context_attention_perf.csv"] =
            "batch_size,isl,num_heads,num_key_value_heads,head_dim,step,kv_cache_dtype,latency\n1,1024,32,8,128,0,bfloat16,0.03\n1,2048,32,8,128,0,bfloat16,0.09\n",
        ["h100_sxm/attention/vllm/0.1.0/generation_attention_perf.csv"] =
            "batch_size,isl,num_heads,num_key_value_heads,head_dim,step,kv_cache_dtype,latency\n1,1,32,8,128,1023,bfloat16,0.01\n1,1,32,8,128,2047,bfloat16,0.015\n",
        ["h100_sxm/moe/vllm/0.1.0/moe_perf.csv"] =
            "moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,moe_tp_size,moe_ep_size,distribution,latency\n"
            + "bfloat16,1,4096,1024,8,128,1,1,power_law_1.01,0.05\nbfloat16,64,4096,1024,8,128,1,1,power_law_1.01,0.2\n",
    };

    private static readonly Lazy<IReadOnlyDictionary<string, byte[]>> s_results = new(Results);

    public static IReadOnlyList<CorpusReader> All { get; } = [.. Readers()];

    private static IEnumerable<CorpusReader> Readers()
    {
        foreach (var (format, sample) in TraceFormatTests.Samples)
        {
            yield return new($"trace {format}", "trace", sample, Trace);
        }

        foreach (var (format, sample) in s_sessions)
        {
            yield return new($"sessions {format}", "sessions.jsonl", sample, Sessions);
        }

        yield return new(
            "rates",
            "rates.csv",
            "time,rate\n0,1.5\n10,3\n60.5,0.25\n",
            path => RateFile.Read(path, RateFile.Linear)
        );
        yield return new("mix", "mix.yaml", Mix, ReadMix);

        var mooncake = Encoding.UTF8.GetBytes(TraceFormatTests.Samples["mooncake"]);
        yield return new("trace gzip", "trace.gz", Gzip(mooncake), Trace);
        yield return new(
            "trace zstd",
            "trace.zst",
            new ZstdSharp.Compressor().Wrap(mooncake).ToArray(),
            Trace
        );

        yield return new("cluster", "cluster.json", Cluster, ReadCluster);
        yield return new(
            "hardware",
            "NVIDIA_H100_SXM.json",
            Catalog("hardware/NVIDIA_H100_SXM"),
            Parsed(HardwareParser.Parse)
        );
        string[] models =
        [
            "meta-llama--Llama-3.1-8B",
            "deepseek-ai--DeepSeek-V3",
            "Qwen--Qwen3-30B-A3B",
            "openai-community--gpt2",
            "Qwen--Qwen2.5-VL-7B-Instruct",
        ];
        foreach (var model in models)
        {
            yield return new($"model {model}", "config.json", Catalog($"models/{model}"), Model);
        }

        yield return new(
            "hf_quant_config",
            "hf_quant_config.json",
            """
            {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8", "exclude_modules": ["lm_head", "model.layers.*.mlp"]}}
            """,
            path => Model(Path.Combine(Path.GetDirectoryName(path)!, "config.json"))
        )
        {
            Beside = new Dictionary<string, string>
            {
                ["config.json"] = Encoding.UTF8.GetString(Catalog("models/meta-llama--Llama-3.1-8B")),
            },
        };
        yield return new(
            "engine profile",
            "vllm.json",
            Catalog("engines/vllm"),
            Parsed(EngineProfileJson.Parse)
        );
        yield return new("prices", "prices.json", Catalog("prices"), path => PriceList.Read(path));
        yield return new(
            "errors",
            "errors.json",
            Catalog("predictions/errors"),
            Parsed(PredictionErrors.Read)
        );

        yield return new("sweep", "sweep.yaml", Sweep, path => Run("sweep", path, "--print_plan"));
        foreach (var file in s_profile.Keys)
        {
            yield return InFolder(file, s_profile, ProfileFolder.Load);
        }

        foreach (var file in s_run.Keys)
        {
            yield return InFolder(file, s_run, RecordedRunReader.Read);
        }

        foreach (var file in s_kernels.Keys)
        {
            yield return InFolder(file, s_kernels, folder => ReadKernels(folder));
        }

        yield return new(
            "kernels",
            "a.kernels",
            KernelFile(),
            path => KernelSystems.Load(path, HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"))
        );

        foreach (var name in new[] { "aiperf_c8", "vllm_c4" })
        {
            yield return new($"bench {name}", "bench.json", Sample($"bench/{name}.json"), Bench);
        }

        yield return new(
            "bench detailed",
            "bench.json",
            TraceFormatTests
                .Samples["vllm_bench"]
                .Replace(
                    "{\"date\"",
                    "{\"model_id\": \"a\", \"request_rate\": 1, \"duration\": 9.0, \"mean_ttft_ms\": 150, \"date\"",
                    StringComparison.Ordinal
                ),
            Bench
        );
        yield return new(
            "bench records",
            "bench.jsonl",
            """
            {"metadata": {"request_start_ns": 1759813207532900363, "turn_index": 0, "benchmark_phase": "profiling", "was_cancelled": false}, "metrics": {"input_sequence_length": {"value": 1000, "unit": "tokens"}, "output_sequence_length": {"value": 50, "unit": "tokens"}, "time_to_first_token": {"value": 100.0, "unit": "ms"}, "request_latency": {"value": 800.0, "unit": "ms"}}, "error": null}
            """,
            Bench
        );
        yield return new("rows", "rows.csv", Sample("rows.csv"), Rows);
        yield return new("rows InferenceX", "rows.csv", Sample("inferencex.csv"), Rows);
        yield return new(
            "experiments",
            "experiments.json",
            Sample("experiments.json"),
            path => ExperimentReader.Read(path, ModelCatalog.BuiltIn)
        );
        yield return new("requests CSV", "requests.csv", s_results.Value["requests.csv"], Plot);
        yield return new("requests Parquet", "requests.parquet", s_results.Value["requests.parquet"], Plot);
        yield return new("samples CSV", "queue.csv", s_results.Value["queue.csv"], Plot);
        yield return new("samples Parquet", "memory.parquet", s_results.Value["memory.parquet"], Plot);
        yield return new("summary CSV", "summary.csv", s_results.Value["summary.csv"], Plot);
        yield return new(
            "compared CSV",
            "summary.csv",
            s_results.Value["summary.csv"],
            path => ResultComparison.Of(path, path, ["e2e_mean"])
        );
    }

    private static CorpusReader InFolder(
        string file,
        Dictionary<string, string> files,
        Func<string, object> read
    )
    {
        var top = file[..file.IndexOf('/', StringComparison.Ordinal)];
        return new(file, file, files[file], path => read(FolderAbove(path, top))) { Beside = files };
    }

    private static string FolderAbove(string path, string name)
    {
        var folder = Path.GetDirectoryName(path)!;
        return Path.GetFileName(folder) == name ? folder : FolderAbove(folder, name);
    }

    private static void Trace(string path)
    {
        using var stream = InputFile.Open(path);
        _ = TraceReader.Read(stream, path, readHashIds: true).Count();
    }

    private static void Sessions(string path)
    {
        using var stream = InputFile.Open(path);
        var options = new TraceOptions { Sessions = "lenient", SessionPrompts = "whole" };
        _ = TraceReader.Read(stream, path, options).Count();
    }

    private static void ReadMix(string path) =>
        _ = new WorkloadOptions
        {
            Source = RequestSource.Mix,
            MixPath = path,
            RequestCount = 20,
        }
            .ToRequests()
            .Count();

    private static void ReadCluster(string path) =>
        ClusterSource.Entries(new RunConfiguration { Cluster = path });

    private static void Model(string path) => ModelSource.Load(path, ModelCatalog.BuiltIn);

    private static Action<string> Parsed<T>(Func<Stream, string, T> parse) =>
        path =>
        {
            using var stream = InputFile.Open(path);
            _ = parse(stream, path);
        };

    private static KernelSet ReadKernels(string folder) =>
        KernelSystems.Read(folder, "vllm", HardwareCatalog.BuiltIn, "");

    private static byte[] KernelFile()
    {
        using var folder = new TemporaryFolder();
        foreach (var (file, text) in s_kernels)
        {
            folder.Write(file, text);
        }

        using var content = new MemoryStream();
        KernelSetFile.Write(content, ReadKernels(folder.File("h100_sxm")));
        return content.ToArray();
    }

    private static void Bench(string path) => BenchReader.Read([path]);

    private static void Rows(string path) => RowReader.Read(path, ModelCatalog.BuiltIn);

    private static void Plot(string path) => PlotData.Read([path]);

    private static void Run(params string[] args)
    {
        var run = CliRun.Of(args);
        if (run.ExitCode != 0)
        {
            throw run.ExitCode == 1
                ? new UserErrorException(run.Error)
                : new InvalidOperationException(run.Error);
        }
    }

    private static byte[] Catalog(string name) =>
        File.ReadAllBytes(Path.Combine(Repository.Root, "catalog", name + ".json"));

    private static byte[] Sample(string name) =>
        File.ReadAllBytes(Path.Combine(Repository.Root, "samples/measured", name));

    private static byte[] Gzip(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }

    /// <summary>The files of a small run.</summary>
    private static Dictionary<string, byte[]> Results()
    {
        using var folder = new TemporaryFolder();
        Run([
            .. "run --request_count 6 --quiet --sample_queue_states --sample_memory_usage".Split(' '),
            "--requests_output",
            folder.File("requests.csv"),
            "--csv_output",
            folder.File("summary.csv"),
            "--queue_states_output",
            folder.File("queue.csv"),
            "--memory_usage_output",
            folder.File("memory.parquet"),
        ]);
        Run("run", "--request_count", "6", "--quiet", "--requests_output", folder.File("requests.parquet"));
        return folder.Names.ToDictionary(name => name, name => File.ReadAllBytes(folder.File(name)));
    }
}
