using LlmSim.Experiments.Kernels;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class AiterFolderTests : IDisposable
{
    private const string Gemm = "gfx,cu_num,M,N,K,us";

    private readonly TemporaryFolder _folder = new();

    public AiterFolderTests()
    {
        Directory.CreateDirectory(_folder.File("out"));
        foreach (var file in (string[])["bf16", "a8w8_blockscale", "a4w4_blockscale"])
        {
            Write(file + "_tuned_gemm.csv", Gemm, Products(""));
        }

        Write("a8w8_tuned_gemm.csv", Gemm + ",q_dtype_w", Products(",torch.float8_e4m3fn"));
        Write(
            "a_tuned_fmoe.csv",
            "cu_num,token,model_dim,inter_dim,expert,topk,q_type,us",
            [
                "256,1,4096,512,64,4,QuantType.per_1x128,80",
                "256,64,4096,512,64,4,QuantType.per_1x128,300",
                "256,8192,4096,512,64,4,QuantType.per_1x128,300",
                "256,2,4096,512,64,4,QuantType.per_1x128,0",
                "80,1,4096,512,64,4,QuantType.per_1x128,1",
            ]
        );
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_products_reach_is_found_again_and_the_rest_is_transferred()
    {
        var imported = CliRun.Of(
            "kernels",
            "import",
            Aiter,
            "--commit",
            "abc",
            "--output_dir",
            _folder.File("out")
        );

        Assert.Equal((0, ""), (imported.ExitCode, imported.Error));
        Assert.Contains("AMD_MI355X, aiter abc", imported.Out, StringComparison.Ordinal);
        var hardware = HardwareCatalog.BuiltIn.Get("AMD_MI355X");
        var kernels = KernelSystems.Load(_folder.File("out/AMD_MI355X.aiter.kernels"), hardware);
        Assert.Equal("NVIDIA_B200 (attention, latent attention)", kernels.Source.TransferredFrom);
        // 5 us, half of the arithmetic and four fifths of the bandwidth.
        Assert.Equal(
            1,
            kernels.GemmSeconds(KernelFormat.Bf16, 1, 8192, 8192) / Microseconds(1, 8192, 8192) / 1e-6,
            0.03
        );
        Assert.Equal(
            1,
            kernels.GemmSeconds(KernelFormat.Bf16, 8192, 8192, 8192) / Microseconds(8192, 8192, 8192) / 1e-6,
            0.03
        );
        var experts = new ExpertTimes(kernels, KernelFormat.Fp8Block, new(4096, 512, 4, 64, 1, 1));
        Assert.Equal(80e-6, experts.Seconds(1), 1e-7);
        Assert.Equal(300e-6, experts.Seconds(64), 1e-6);
        Assert.True(experts.Seconds(8192) > 400e-6, "a time that more tokens repeat is a copy");
    }

    [Fact]
    public void A_missing_table_and_a_wrong_time_are_named()
    {
        Write("a8w8_blockscale_tuned_gemm.csv", Gemm, ["gfx950,256,1,1024,1024,0"]);
        Assert.Contains(
            "a8w8_blockscale_tuned_gemm.csv: row 1: us: '0'; allowed: above 0",
            Import().Error,
            StringComparison.Ordinal
        );

        Write("a8w8_blockscale_tuned_gemm.csv", Gemm, ["gfx942,304,1,1024,1024,3"]);
        Assert.Contains("has no row of gfx950", Import().Error, StringComparison.Ordinal);

        File.Delete(Path.Combine(Aiter, "a8w8_blockscale_tuned_gemm.csv"));
        Assert.Contains("has no a8w8_blockscale_tuned_gemm.csv", Import().Error, StringComparison.Ordinal);

        CliRun Import()
        {
            var run = CliRun.Of("kernels", "import", Aiter, "--output_dir", _folder.File("out"));
            Assert.Equal(1, run.ExitCode);
            return run;
        }
    }

    /// <summary>docs/performance-models.md has these errors, %.</summary>
    [Theory]
    [InlineData("bfloat16", 9, 58)]
    [InlineData("fp8", 30, 70)]
    [InlineData("fp8_block", 17, 47)]
    [InlineData("nvfp4", 20, 50)]
    public void What_was_fitted_holds_on_shapes_that_were_held_out(string format, double median, double p90)
    {
        var folder = Path.GetDirectoryName(SharedFiles.Require("kernels/amd/bf16_tuned_gemm.csv"))!;
        var fit = AiterFolder
            .Fits(folder, HardwareCatalog.BuiltIn.Get("AMD_MI355X"))
            .Single(one => one.Format.Name == format);
        double[] errors = [.. fit.HeldOutErrors.Select(error => 100 * error).Order()];

        Assert.True(
            errors[errors.Length / 2] <= median && errors[(int)(0.9 * errors.Length)] <= p90,
            FormattableString.Invariant(
                $"{fit.Efficiency}, {errors.Length} points, {errors[errors.Length / 2]:0.0} / {errors[(int)(0.9 * errors.Length)]:0.0}"
            )
        );
    }

    private string Aiter => _folder.File("aiter");

    private static IEnumerable<string> Products(string more) =>
        from m in (int[])[1, 4, 16, 64, 256, 1024, 4096, 8192]
        from n in (int[])[1024, 4096, 8192]
        from k in (int[])[2048, 8192]
        select FormattableString.Invariant($"gfx950,256,{m},{n},{k},{Microseconds(m, n, k)}{more}");

    private static double Microseconds(double m, double n, double k) =>
        5 + 1e6 * Math.Max(2 * m * n * k / (0.5 * 2516.6e12), 2 * (m * k + n * k + m * n) / (0.8 * 8000e9));

    private void Write(string name, string head, IEnumerable<string> rows)
    {
        Directory.CreateDirectory(Aiter);
        File.WriteAllLines(Path.Combine(Aiter, name), [head, .. rows]);
    }
}
