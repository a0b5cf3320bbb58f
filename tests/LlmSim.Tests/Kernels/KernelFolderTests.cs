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
        "gemm_dtype,m,n,k,latency\nbfloat16,1,4096,4096,0.02\nbfloat16,1024,4096,4096,0.05\n";

    private const string Attention =
        "batch_size,isl,num_heads,num_key_value_heads,head_dim,step,kv_cache_dtype,latency\n";

    private readonly TemporaryFolder _folder = new();

    public KernelFolderTests()
    {
        Write("gemm", "gemm_perf", Gemm);
        Write(
            "attention",
            "context_attention_perf",
            Attention + "1,1024,32,8,128,0,bfloat16,0.03\n1,2048,32,8,128,0,bfloat16,0.09\n"
        );
        Write(
            "attention",
            "generation_attention_perf",
            Attention + "1,1,32,8,128,1023,bfloat16,0.01\n1,1,32,8,128,2047,bfloat16,0.015\n"
        );
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
    [InlineData(
        "bfloat16,1,4096,4096,-0.02",
        "row 1: latency: '-0.02'; allowed: milliseconds above 0 and up to 1e7"
    )]
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
    public void An_accelerator_without_measurements_is_an_error_that_names_those_that_have_them()
    {
        var cluster = _folder.Write("c.json", """[{"role":"mixed","hardware":"AMD_MI300X","tp_size":1}]""");

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
            "performance: operations of AMD_MI300X were not measured; they were on NVIDIA_A100_80G, NVIDIA_B200",
            run.Error,
            StringComparison.Ordinal
        );
    }

    private string System => _folder.File("h100_sxm");

    private void Write(string operation, string name, string content)
    {
        var folder = _folder.File($"h100_sxm/{operation}/vllm/0.1.0");
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(_folder.File("out"));
        File.WriteAllText(Path.Combine(folder, name + ".csv"), content);
    }
}
