using System.Globalization;
using LlmSim.Experiments.Kernels;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class KernelFolderTests : IDisposable
{
    private const string Gemm =
        "gemm_dtype,m,n,k,latency\nbfloat16,1,4096,4096,0.009\nbfloat16,1024,4096,4096,0.05\n";

    private const string Attention =
        "batch_size,isl,num_heads,num_key_value_heads,head_dim,step,kv_cache_dtype,latency\n";

    private const string Experts =
        "moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,moe_tp_size,moe_ep_size,distribution,kernel_source,latency\n";

    private static readonly ExpertShape s_eighth = new(7168, 2048, 8, 256, 1, 8);

    private readonly TemporaryFolder _folder = new();

    public KernelFolderTests()
    {
        Write("gemm", "gemm_perf", Gemm);
        WriteAttention("vllm");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_becomes_a_file_and_serves_a_run()
    {
        var imported = CliRun.Of("kernels", "import", System, "--output_dir", _folder.File("out"));

        Assert.Equal((0, ""), (imported.ExitCode, imported.Error));
        Assert.Contains("NVIDIA_H100_SXM, vllm 0.1.0, 6 points", imported.Out, StringComparison.Ordinal);
        var hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM");
        var file = _folder.File("out/" + KernelCatalog.FileName(hardware.Name, "vllm"));
        var (fromFile, fromFolder) = (
            KernelSystems.Load(file, hardware),
            KernelSystems.Load(System, hardware)
        );
        Assert.All(
            [1, 30, 1024, 5000],
            tokens => Assert.Equal(1, Seconds(fromFile, tokens) / Seconds(fromFolder, tokens), 1e-3)
        );
        var cluster = _folder.Write(
            "c.json",
            """[{"role":"mixed","hardware":"NVIDIA_H100_SXM","tp_size":1}]"""
        );
        var run = CliRun.Of(
            "run",
            "--model",
            "meta-llama/Llama-3.1-8B",
            "--cluster",
            cluster,
            "--request_count",
            "5",
            "--performance",
            "kernels:" + file
        );
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("5 = 5 finished", run.Out, StringComparison.Ordinal);

        static double Seconds(KernelSet kernels, int tokens)
        {
            return kernels.GemmSeconds(KernelFormat.Bf16, tokens, 4096, 4096);
        }
    }

    [Theory]
    [InlineData("bfloat16,1,4096,4096,-0.02", "row 1: latency: '-0.02'; allowed: above 0 and up to 10000000")]
    [InlineData("bfloat16,0,4096,4096,0.02", "row 1: m: '0'; allowed: whole numbers from 1 on")]
    [InlineData("bf17,1,4096,4096,0.02", "row 1: format: 'bf17'; allowed: bfloat16, fp8, fp8_block, nvfp4")]
    public void A_wrong_row_is_named(string row, string message)
    {
        Write("gemm", "gemm_perf", "gemm_dtype,m,n,k,latency\n" + row + "\n");

        var run = CliRun.Of("kernels", "import", System, "--output_dir", _folder.File("out"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("gemm_perf.csv: " + message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Fewer_tokens_take_no_longer_than_more()
    {
        Write(
            "gemm",
            "gemm_perf",
            "gemm_dtype,m,n,k,latency\nbfloat16,1,4096,4096,0.5\nbfloat16,16,4096,4096,0.021\nbfloat16,17,4096,4096,0.02\nbfloat16,64,4096,4096,0.03\nbfloat16,1,512,512,0.003\n"
        );

        var kernels = KernelSystems.Load(System, HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        Assert.Equal(20e-6, kernels.GemmSeconds(KernelFormat.Bf16, 1, 4096, 4096), 1e-9);
        Assert.Equal(20e-6, kernels.GemmSeconds(KernelFormat.Bf16, 16, 4096, 4096), 1e-9);
        Assert.Equal(30e-6, kernels.GemmSeconds(KernelFormat.Bf16, 64, 4096, 4096), 1e-9);
    }

    [Fact]
    public void A_table_with_launches_in_it_gives_way_to_that_of_another_engine()
    {
        const string Head = "gemm_dtype,m,n,k,latency\n";
        Write("gemm", "gemm_perf", Gemm + "bfloat16,1,512,512,0.003\nfp8,1,4096,4096,0.06\n");
        Write("gemm", "gemm_perf", Head + "fp8,1,512,512,0.003\nfp8,1,4096,4096,0.012\n", engine: "sglang");

        var kernels = KernelSystems.Load(System, HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        Assert.Equal(12e-6, kernels.GemmSeconds(KernelFormat.Fp8, 1, 4096, 4096), 1e-9);
    }

    /// <summary>TensorRT-LLM's narrow products have the quantization of their inputs in them: 7 us that the smallest takes beyond that in 16 bits.</summary>
    [Theory]
    [InlineData("fp8", "trtllm", 13)]
    [InlineData("nvfp4", "trtllm", 13)]
    [InlineData("nvfp4", "vllm", 20)]
    public void What_tensorrt_llm_does_in_the_operation_before_is_taken_off(
        string format,
        string engine,
        double microseconds
    )
    {
        Write(
            "gemm",
            "gemm_perf",
            Gemm + $"bfloat16,1,512,512,0.002\n{format},1,512,512,0.009\n{format},1,4096,4096,0.02\n",
            engine: engine
        );
        WriteAttention(engine);

        var kernels = KernelSystems.Read(System, engine, HardwareCatalog.BuiltIn, commit: "");

        var narrow = format == "fp8" ? KernelFormat.Fp8 : KernelFormat.Nvfp4;
        Assert.Equal(microseconds * 1e-6, kernels.GemmSeconds(narrow, 1, 4096, 4096), 1e-9);
    }

    /// <summary>The parts of the smallest module take 3 x 10 us of products and 20 us of attention; what the module takes beyond is none of its kernels.</summary>
    [Theory]
    [InlineData(0.060, null, 60)]
    [InlineData(0.090, null, 50)]
    [InlineData(0.090, 0.055, 55)]
    public void A_module_that_takes_more_than_its_parts_is_another_engines_or_without_the_rest(
        double own,
        double? other,
        double microseconds
    )
    {
        const string Head = "gemm_type,kv_cache_dtype,num_heads,batch_size,isl,step,latency\n";
        Write(
            "gemm",
            "gemm_perf",
            "gemm_dtype,m,n,k,latency\n"
                + string.Concat(
                    from n in (int[])[1024, 16384]
                    from k in (int[])[1024, 16384]
                    select $"bfloat16,1,{n},{k},0.01\n"
                )
                + "bfloat16,1,2112,7168,0.01\nbfloat16,1,3072,1536,0.01\nbfloat16,1,7168,2048,0.01\nbfloat16,1,512,512,0.003\n"
        );
        foreach (var table in (string[])["mla_context_module_perf", "mla_generation_module_perf"])
        {
            Write("mla", table, Head + Rows(own));
            if (other is { } latency)
            {
                Write("mla", table, Head + Rows(latency), engine: "trtllm");
            }
        }

        var kernels = KernelSystems.Load(System, HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        var grid = kernels.LatentAttentionGrid(isDecode: true, KernelFormat.Bf16, kvBytes: 2);
        var shape = LatentAttentionShape.OfTable(isDecode: true, 16, 1, 2, 2);
        Assert.Equal(
            microseconds * 1e-6,
            kernels.LatentAttentionSeconds(grid, KernelFormat.Bf16, shape, tokens: 2),
            1e-7
        );

        static string Rows(double latency)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"bfloat16,bfloat16,16,1,2,2,{latency}\nbfloat16,bfloat16,16,1,1024,1024,{latency + 0.01}\n"
            );
        }
    }

    [Fact]
    public void More_tokens_of_the_same_experts_never_take_less()
    {
        Write(
            "moe",
            "moe_perf",
            Experts + Expert("bfloat16", 8, 5.71) + Expert("bfloat16", 16, 4.89) + Expert("bfloat16", 64, 6)
        );

        var kernels = KernelSystems.Load(System, HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        var times = new ExpertTimes(kernels, KernelFormat.Bf16, s_eighth);
        Assert.Equal(4.89e-3, times.Seconds(8), 1e-8);
        Assert.Equal(4.89e-3, times.Seconds(16), 1e-8);
        Assert.Equal(6e-3, times.Seconds(64), 1e-8);
    }

    [Fact]
    public void Experts_whose_tokens_are_sent_to_them_have_tables_of_their_own()
    {
        Write("moe", "moe_perf", Experts + Expert("fp8_block", 1024, 4));
        Write("moe", "wideep_context_moe_perf", Experts + Expert("fp8_block", 1024, 1));
        Write("moe", "wideep_generation_moe_perf", Experts + Expert("fp8_block", 1024, 0.5));

        var kernels = KernelSystems.Load(System, HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        Assert.Equal(4e-3, Seconds(ExpertTokens.Gathered), 1e-7);
        Assert.Equal(1e-3, Seconds(ExpertTokens.SentMany), 1e-7);
        Assert.Equal(0.5e-3, Seconds(ExpertTokens.SentFew), 1e-7);

        double Seconds(ExpertTokens come)
        {
            return new ExpertTimes(kernels, KernelFormat.Fp8Block, s_eighth, come).Seconds(1024);
        }
    }

    /// <summary>
    /// SGLang runs TensorRT-LLM's kernels where there are, in 8 and 4 bits; its tables have Triton's. So does TensorRT-LLM in blocks of 8 bits, but with
    /// data-parallel attention; its table has DeepGEMM's.
    /// </summary>
    [Theory]
    [InlineData("sglang", "bfloat16", "flashinfer_trtllm_experts", 4)]
    [InlineData("sglang", "fp8_block", "flashinfer_trtllm_experts", 2)]
    [InlineData("sglang", "fp8_block", "triton_experts", 4)]
    [InlineData("trtllm", "fp8_block", "flashinfer_trtllm_experts", 2)]
    [InlineData("trtllm", "fp8_block", "triton_experts", 4)]
    [InlineData("trtllm", "fp8", "flashinfer_trtllm_experts", 4)]
    public void Kernels_that_an_engine_does_not_run_give_way_to_those_that_it_does(
        string engine,
        string format,
        string kernels,
        double milliseconds
    )
    {
        foreach (var operation in (string[])["gemm", "attention"])
        {
            Directory.CreateDirectory(_folder.File($"h100_sxm/{operation}/{engine}"));
            Directory.Move(
                _folder.File($"h100_sxm/{operation}/vllm/0.1.0"),
                _folder.File($"h100_sxm/{operation}/{engine}/0.1.0")
            );
        }

        Write("moe", "moe_perf", Experts + Expert(format, 64, 4, "triton"), engine);
        Write("moe", "moe_perf", Experts + Expert(format, 64, 2, kernels));

        var set = KernelSystems.Read(System, engine, HardwareCatalog.BuiltIn, commit: "");

        Assert.Equal(
            milliseconds * 1e-3,
            new ExpertTimes(set, KernelFormat.Get(format), s_eighth).Seconds(64),
            1e-7
        );
        var hasOwnForGroups = (engine, format) == ("trtllm", "fp8_block") && milliseconds == 2;
        Assert.Equal(
            hasOwnForGroups,
            set.HasExpertsOf(ExpertTokens.GatheredFromGroup, KernelFormat.Get(format))
        );
        if (hasOwnForGroups)
        {
            var ofGroup = new ExpertTimes(
                set,
                KernelFormat.Fp8Block,
                s_eighth,
                ExpertTokens.GatheredFromGroup
            );
            Assert.Equal(4e-3, ofGroup.Seconds(64), 1e-7);
        }
    }

    /// <summary>A shape that was measured with one distribution alone keeps it.</summary>
    [Theory]
    [InlineData(8, "balanced", 2, "power_law_1.01", 3, 2)]
    [InlineData(16, "power_law_1.01", 3, "balanced", 2, 2)]
    [InlineData(64, "balanced", 2, "power_law_1.01", 3, 3)]
    [InlineData(8, "power_law_1.01", 3, "power_law_1.2", 4, 3)]
    [InlineData(64, "balanced", 2, "power_law_1.2", 1, 2)]
    public void Few_experts_are_met_equally_and_many_unevenly(
        int experts,
        string first,
        double firstMilliseconds,
        string second,
        double secondMilliseconds,
        double expected
    )
    {
        string Row(string distribution, double milliseconds)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"bfloat16,64,4096,1024,2,{experts},1,1,{distribution},,{milliseconds}\n"
            );
        }

        Write("moe", "moe_perf", Experts + Row(first, firstMilliseconds) + Row(second, secondMilliseconds));

        var set = KernelSystems.Load(System, HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"));

        var shape = new ExpertShape(4096, 1024, 2, experts, 1, 1);
        Assert.Equal(expected * 1e-3, new ExpertTimes(set, KernelFormat.Bf16, shape).Seconds(64), 1e-7);
    }

    [Fact]
    public void A_missing_table_is_named()
    {
        File.Delete(_folder.File("h100_sxm/attention/vllm/0.1.0/context_attention_perf.csv"));

        var run = CliRun.Of("kernels", "import", System, "--output_dir", _folder.File("out"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "has no attention/vllm/VERSION/context_attention_perf.parquet",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_accelerator_that_resembles_no_measured_one_is_an_error_that_names_those()
    {
        var cluster = _folder.Write(
            "c.json",
            """[{"role":"mixed","hardware":"GOOGLE_TPU_v6e","tp_size":1}]"""
        );

        var run = CliRun.Of(
            "run",
            "--model",
            "meta-llama/Llama-3.1-8B",
            "--cluster",
            cluster,
            "--performance",
            "kernels"
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "performance: operations of GOOGLE_TPU_v6e were not measured, nor those of one that resembles it; they were on AMD_MI355X, NVIDIA_A100_80G",
            run.Error,
            StringComparison.Ordinal
        );
    }

    private static string Expert(string format, int tokens, double milliseconds, string kernels = "") =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{format},{tokens},7168,2048,8,256,1,8,power_law_1.01,{kernels},{milliseconds}\n"
        );

    private string System => _folder.File("h100_sxm");

    private void WriteAttention(string engine)
    {
        Write(
            "attention",
            "context_attention_perf",
            Attention + "1,1024,32,8,128,0,bfloat16,0.03\n1,2048,32,8,128,0,bfloat16,0.09\n",
            engine
        );
        Write(
            "attention",
            "generation_attention_perf",
            Attention + "1,1,32,8,128,1023,bfloat16,0.01\n1,1,32,8,128,2047,bfloat16,0.015\n",
            engine
        );
    }

    private void Write(string operation, string name, string content, string engine = "vllm")
    {
        var folder = _folder.File($"h100_sxm/{operation}/{engine}/0.1.0");
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(_folder.File("out"));
        File.WriteAllText(Path.Combine(folder, name + ".csv"), content);
    }
}
