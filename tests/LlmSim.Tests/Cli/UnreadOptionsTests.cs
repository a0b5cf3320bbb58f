using LlmSim.Experiments.Plots;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>Options that nothing reads: warned of when they are given once, refused when they are swept.</summary>
public sealed class UnreadOptionsTests : IDisposable
{
    private const string Gpu = "\"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 4";

    private readonly TemporaryFolder _folder = new();

    public UnreadOptionsTests()
    {
        _folder.Write(
            "trace.jsonl",
            string.Concat(
                Enumerable
                    .Range(0, 20)
                    .Select(i =>
                        $"{{\"timestamp\": {500 * i}, \"input_length\": 1000, \"output_length\": 50}}\n"
                    )
            )
        );
        _folder.Write("mixed.json", $"[{{ \"role\": \"mixed\", {Gpu} }}]");
        _folder.Write("one.json", "[{ \"role\": \"mixed\", \"hardware\": \"NVIDIA_H200\", \"tp_size\": 1 }]");
        _folder.Write(
            "engines.json",
            $"[{{ \"role\": \"prefill\", {Gpu}, \"engine\": {{}} }}, {{ \"role\": \"decode\", {Gpu}, \"engine\": {{}} }}]"
        );
        _folder.Write(
            "blocks.json",
            $"[{{ \"role\": \"mixed\", {Gpu}, \"engine\": {{ \"kv_blocks\": 9999 }} }}]"
        );
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Two values of an option, and what the run has besides.</summary>
    public static TheoryData<string, string> Unread =>
        new()
        {
            { "lambda_arrival 1 2", "--trace_path trace.jsonl --arrivals trace" },
            { "seed 1 2", "--trace_path trace.jsonl --arrivals trace" },
            { "seed 1 2", "--trace_path trace.jsonl --arrivals constant" },
            {
                "seed 1 2",
                "--trace_path trace.jsonl --arrivals trace --prefill_global random --random_policies unseeded"
            },
            {
                "seed 1 2",
                "--trace_path trace.jsonl --arrivals trace --cluster mixed.json --decode_global random"
            },
            { "zipf_s 1 3", "" },
            { "zipf_s 1 3", "--request_source lognormal" },
            { "zipf_s 1 3", "--trace_path trace.jsonl" },
            { "input_mean 100 200", "" },
            { "input_mean 100 200", "--request_source zipfian" },
            { "lognormal_mean 5 6", "--request_source zipfian" },
            { "lognormal_mean 5 6", "--request_source lognormal --input_mean 100" },
            { "output_mean 10 20", "" },
            { "output_sigma 0 2", "" },
            { "output_mean 10 20", "--request_source zipfian --synthetic_output from_input" },
            { "output_mean 10 20", "--request_source lognormal --semantics reference" },
            { "synthetic_output from_input distribution", "" },
            { "trace_block_size 16 512", "" },
            { "trace_block_size 16 512", "--trace_path trace.jsonl" },
            { "decode_global random lowest_load", "--cluster mixed.json" },
            { "decode_local fcfs shortest", "--cluster mixed.json" },
            { "kv_transfer shared_link contended_links", "--cluster mixed.json" },
            { "saturation evict_all preempt_newest", "--cluster mixed.json" },
            { "saturation evict_all preempt_newest", "--cluster engines.json" },
            { "admission overshoot strict", "--cluster engines.json" },
            { "queued_work all shorter", "--cluster engines.json" },
            { "queued_work all shorter", "--prefill_global round_robin" },
            { "memory_limit one_gpu tensor_parallel_group", "--cluster blocks.json" },
            { "weights fixed model", "--cluster blocks.json" },
            { "random_policies seeded unseeded", "" },
            { "random_policies seeded unseeded", "--cluster mixed.json --decode_local random" },
            { "output_predictor none oracle", "--decode_global round_robin" },
            { "batch_padding own longest", "--decode_attention_context one" },
            {
                "attention_tp divided replicated",
                "--cluster one.json --model Qwen/Qwen3-8B --performance roofline"
            },
            {
                "tp_communication free all_reduce",
                "--cluster one.json --model Qwen/Qwen3-8B --performance roofline"
            },
        };

    /// <summary>The same options where something reads them.</summary>
    public static TheoryData<string, string> Read =>
        new()
        {
            { "lambda_arrival 1 2", "--trace_path trace.jsonl --arrivals constant" },
            { "seed 1 2", "--trace_path trace.jsonl --arrivals gamma:cv=2" },
            { "seed 1 2", "--trace_path trace.jsonl --arrivals trace --prefill_global random" },
            { "seed 1 2", "--arrivals constant" },
            {
                "seed 1 2",
                "--trace_path trace.jsonl --arrivals trace --output_predictor noisy:sigma=1 --decode_global lowest_load"
            },
            // A policy that draws is compared with one that does not over the same seeds.
            { "seed 1 2", "--trace_path trace.jsonl --arrivals trace --prefill_global random lowest_load" },
            { "zipf_s 1 3", "--request_source zipfian" },
            { "input_mean 100 200", "--request_source lognormal" },
            { "lognormal_mean 5 6", "--request_source lognormal" },
            { "output_mean 10 20", "--request_source lognormal" },
            { "max_len 1000 2000", "" },
            { "trace_block_size 512 1024", "--trace_path trace.jsonl --cluster mixed.json" },
            { "decode_local fcfs shortest", "--cluster engines.json" },
            { "saturation evict_all preempt_newest", "" },
            { "admission overshoot strict", "" },
            { "queued_work all shorter", "" },
            { "memory_limit one_gpu tensor_parallel_group", "--model Qwen/Qwen3-8B" },
            { "random_policies seeded unseeded", "--decode_local random" },
            { "output_predictor none oracle", "" },
            { "output_predictor none oracle", "--cluster mixed.json" },
            { "attention_tp divided replicated", "" },
        };

    [Theory]
    [MemberData(nameof(Unread))]
    public void One_that_nothing_reads_is_refused_when_it_is_swept_and_warned_of_otherwise(
        string option,
        string others
    )
    {
        var swept = Run($"--{option} {others}");
        Assert.Equal((1, ""), (swept.ExitCode, swept.Out));
        Assert.StartsWith(
            $"llmsim: --{option.Split(' ')[0]} takes the values ",
            swept.Error,
            StringComparison.Ordinal
        );

        var once = Run($"--{option[..option.LastIndexOf(' ')]} {others}");
        Assert.Equal(0, once.ExitCode);
        Assert.Contains(
            $"llmsim: warning: --{option.Split(' ')[0]} has no effect here: it is read with ",
            once.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [MemberData(nameof(Read))]
    public void One_that_is_read_is_swept_without_a_word(string option, string others) =>
        Assert.Equal(new CliRun(0, "", ""), Run($"--{option} {others}"));

    /// <summary>What the two values of an unread option give is the same run: the table says the truth.</summary>
    [Theory]
    [MemberData(nameof(Unread))]
    public void What_nothing_reads_changes_no_figure(string option, string others)
    {
        var words = option.Split(' ');
        var figures = words[1..]
            .Select(value =>
            {
                Assert.Equal(0, Run($"--{words[0]} {value} {others} --csv_output a.csv").ExitCode);
                return ResultTable
                    .Open(_folder.File("a.csv"))
                    .Texts("ttft_mean", "tpot_mean", "e2e_p99", "makespan", "events");
            })
            .ToArray();

        Assert.Equal(figures[0], figures[1]);
    }

    [Fact]
    public void A_sweep_file_is_checked_as_a_command_line_is()
    {
        var file = _folder.Write(
            "sweep.yaml",
            """
            base: { request_count: 5, lognormal_mean: 3 }
            grid: { zipf_s: [1, 2] }
            """
        );
        Assert.Contains(
            "--zipf_s takes the values 1, 2",
            CliRun.Of("sweep", file).Error,
            StringComparison.Ordinal
        );

        File.WriteAllText(file, "base: { request_count: 5, lognormal_mean: 3 }\ngrid: { seed: [1, 2] }\n");
        var run = CliRun.Of("sweep", file, "--quiet");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning: --lognormal_mean has no effect", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_fills_a_zipped_list_is_no_sweep()
    {
        var file = _folder.Write(
            "sweep.yaml",
            """
            base: { request_count: 5 }
            zip: { request_source: [conversation, zipfian, zipfian], zipf_s: [1, 1, 2] }
            """
        );

        Assert.Equal(new CliRun(0, "", ""), CliRun.Of("sweep", file, "--quiet"));
    }

    [Theory]
    [InlineData("--sample_rate 0.5", "--sample_queue_states or --sample_memory_usage")]
    [InlineData("--sample_interval 1", "--sample_queue_states or --sample_memory_usage")]
    [InlineData("--sample_limit 7", "--sample_queue_states or --sample_memory_usage")]
    [InlineData("--queue_states_output q.csv", "--sample_queue_states")]
    [InlineData("--memory_usage_output m.csv", "--sample_memory_usage")]
    [InlineData("--plots_format svg", "--plots")]
    [InlineData("--n_jobs 2", "a sweep, --checkpoint_path or --resume")]
    [InlineData("--overwrite", "a sweep, --checkpoint_path or --resume")]
    [InlineData("--csv_output a.csv --print_plan", "a run without --print_plan")]
    public void Outputs_that_nothing_asks_for_are_warned_of(string options, string reader)
    {
        var run = Run(options);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            $"llmsim: warning: {options.Split(' ')[0]} has no effect here: it is read with {reader}\n",
            run.Error
        );
        Assert.DoesNotContain("q.csv", _folder.Names);
    }

    /// <summary>With samples at random events the seed is read, though nothing else is random.</summary>
    [Fact]
    public void Samples_at_random_read_the_seed() =>
        Assert.Equal(
            "",
            Run(
                "--seed 3 --trace_path trace.jsonl --arrivals trace --sample_queue_states --queue_states_output q.csv"
            ).Error
        );

    [Theory]
    [InlineData("mixed", "\"kv_link_bytes_per_second\": 1e9", "", "kv_link_bytes_per_second")]
    [InlineData(
        "mixed",
        "\"link_bytes_per_second\": 1e9",
        "--tp_communication free",
        "link_bytes_per_second"
    )]
    [InlineData("mixed", "\"memory_utilization\": 0.8", "--memory_limit one_gpu", "memory_utilization")]
    [InlineData(
        "mixed",
        "\"engine\": { \"kv_blocks\": 9999 }, \"activation_bytes\": 7",
        "",
        "activation_bytes"
    )]
    [InlineData("mixed", "\"nic_bytes_per_second\": 1e9", "", "nic_bytes_per_second")]
    [InlineData("mixed", "\"all2all_backend\": \"deepep_low_latency\"", "", "all2all_backend")]
    [InlineData("mixed", "\"link_latency_seconds\": 1e-6", "--performance kernels", "link_latency_seconds")]
    [InlineData(
        "mixed",
        "\"gpus_per_node\": 1, \"nic_bytes_per_second\": 1e9",
        "--performance kernels",
        null
    )]
    [InlineData(
        "mixed",
        "\"gpus_per_node\": 1, \"nic_bytes_per_second\": 1e9",
        "--performance roofline",
        null
    )]
    [InlineData(
        "mixed",
        "\"link_bytes_per_second\": 1e9, \"memory_utilization\": 0.8",
        "--performance roofline",
        null
    )]
    [InlineData("mixed", "\"kv_link_bytes_per_second\": 1e9", "--prefill_global conductor", null)]
    public void Fields_of_a_cluster_file_that_nothing_reads_are_warned_of(
        string role,
        string field,
        string options,
        string? unread
    )
    {
        var file = _folder.Write("cluster.json", $"[\n{{ \"role\": \"{role}\", {Gpu}, {field} }}]");

        var run = Run($"--cluster cluster.json {options}");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(unread is null, run.Error.Length == 0);
        Assert.StartsWith(
            unread is null ? "" : $"llmsim: warning: {file}:2: {unread} has no effect here: it is read with ",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Other_commands_warn_as_well()
    {
        var generate = CliRun.Of(
            "workload",
            "generate",
            "--output",
            _folder.File("out.jsonl"),
            "--zipf_s",
            "3",
            "--request_count",
            "5"
        );
        Assert.Equal(0, generate.ExitCode);
        Assert.Contains(
            "--zipf_s has no effect here: it is read with request_source zipfian",
            generate.Error,
            StringComparison.Ordinal
        );

        var profile = CliRun.Of("profile", "--saturation", "evict_all", "--lm_head", "single_ops");
        Assert.Equal(
            (0, "llmsim: warning: --saturation has no effect here: it is read with llmsim run\n"),
            (profile.ExitCode, profile.Error)
        );
    }

    private CliRun Run(string options) =>
        CliRun.Of([
            .. "run --request_count 5 --quiet".Split(' '),
            .. options
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(word =>
                    Path.GetExtension(word) is ".csv" or ".json" or ".jsonl" ? _folder.File(word) : word
                ),
        ]);
}
