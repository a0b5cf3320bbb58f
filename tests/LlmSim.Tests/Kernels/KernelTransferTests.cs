using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class KernelTransferTests
{
    private static readonly KernelSet s_h100 = KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!;

    public static TheoryData<string> Transferred =>
        new(
            HardwareCatalog
                .BuiltIn.All.Select(hardware => hardware.Name)
                .Where(name =>
                    KernelCatalog.Has(name) && KernelCatalog.Names.All(own => own.Hardware != name)
                )
        );

    [Theory]
    [MemberData(nameof(Transferred))]
    public void An_accelerator_that_resembles_a_measured_one_has_its_operations_and_says_so(string hardware)
    {
        var kernels = KernelCatalog.Find(hardware, "vllm")!;

        Assert.Equal(hardware, kernels.Source.Hardware);
        Assert.NotNull(kernels.Source.TransferredFrom);
        Assert.True(kernels.HasGemm(KernelFormat.Bf16));
        Assert.True(kernels.HasExperts);
        Assert.NotNull(kernels.PromptAttentionGrid(128, 2));
        Assert.All(
            kernels.Grids,
            grid => Assert.All(grid.Value.MeasuredLogRatios.Where(float.IsFinite), AtLeastOne)
        );

        static void AtLeastOne(float logRatio)
        {
            Assert.InRange(logRatio, 0, float.PositiveInfinity);
        }
    }

    [Fact]
    public void Tables_of_its_own_are_not_transferred()
    {
        Assert.All(
            KernelCatalog.Names.Where(name => name.Hardware != "AMD_MI355X"),
            name => Assert.Null(KernelCatalog.Find(name.Hardware, name.Engine)!.Source.TransferredFrom)
        );
        Assert.Equal(
            "NVIDIA_B200 (attention, latent attention)",
            KernelCatalog.Find("AMD_MI355X", "vllm")!.Source.TransferredFrom
        );
        Assert.Equal(
            "AMD_MI355X (products, experts), NVIDIA_H200 (attention, latent attention)",
            KernelCatalog.Find("AMD_MI300X", "sglang")!.Source.TransferredFrom
        );
    }

    /// <summary>Accelerators of one architecture differ by a twentieth in their experts' times, engines on one accelerator by a quarter.</summary>
    [Theory]
    [InlineData("NVIDIA_GB200", "sglang")]
    [InlineData("NVIDIA_GB200", "trtllm")]
    [InlineData("NVIDIA_B300", "sglang")]
    [InlineData("NVIDIA_GB300", "trtllm")]
    public void Experts_are_the_engines_also_where_only_another_engine_was_measured(
        string hardware,
        string engine
    )
    {
        var (kernels, lender) = (
            KernelCatalog.Find(hardware, engine)!,
            KernelCatalog.FindOwn("NVIDIA_B200", engine)!
        );
        var shape = new ExpertShape(7168, 2048, 8, 256, 1, 32);

        foreach (var come in Enum.GetValues<ExpertTokens>().Where(lender.HasExpertsOf))
        {
            var own = new ExpertTimes(kernels, KernelFormat.Fp8Block, shape, come);
            var lent = new ExpertTimes(lender, KernelFormat.Fp8Block, shape, come);
            Assert.All(
                [8.0, 256, 4096],
                tokens => Assert.InRange(own.Seconds(tokens) / lent.Seconds(tokens), 0.85, 1.01)
            );
        }
    }

    [Fact]
    public void Only_accelerators_of_one_architecture_lend_an_engines_experts()
    {
        var (a100, own) = (
            KernelCatalog.Find("NVIDIA_A100_80G", "trtllm")!,
            KernelCatalog.FindOwn("NVIDIA_A100_80G", "trtllm")!
        );

        Assert.Equal("vllm", own.Source.Engine);
        Assert.Same(
            own.Grids[KernelSet.ExpertsName(KernelFormat.Bf16)],
            a100.Grids[KernelSet.ExpertsName(KernelFormat.Bf16)]
        );
    }

    [Fact]
    public void To_the_same_roofs_nothing_changes()
    {
        foreach (var (name, grid) in s_h100.Grids.Where(grid => grid.Key != KernelSet.AllReduceName))
        {
            var again = KernelTransfer.Transfer(s_h100, name, grid, s_h100.Roofs);
            Assert.All(
                grid.MeasuredLogRatios.Zip(again.MeasuredLogRatios).Where(pair => float.IsFinite(pair.First)),
                pair => Assert.Equal(pair.First, pair.Second, 1e-5)
            );
        }
    }

    /// <summary>2 us are a launch; of 12 us, 10 are the kernel, which takes twice that with half the bandwidth.</summary>
    [Fact]
    public void A_launch_is_as_long_elsewhere_and_the_rest_grows_with_the_roof()
    {
        var format = KernelFormat.Bf16;
        var name = KernelSet.GemmName(format);
        var (fast, slow) = (
            new KernelRoofs(1e15, 1e15, 1e15, 2e12),
            new KernelRoofs(0.5e15, 1e15, 1e15, 1e12)
        );
        var builder = new KernelGridBuilder();
        builder.Add(new(1, 64, 64), 2e-6 / fast.GemmSeconds(format, 1, 64, 64));
        builder.Add(new(1, 1024, 1024), 12e-6 / fast.GemmSeconds(format, 1, 1024, 1024));
        var source = new KernelSet(
            new("a", "vllm", "1", ""),
            fast,
            new(StringComparer.Ordinal) { [name] = builder.Build(rank: 3, share: 0) },
            new Dictionary<string, ExpertShape[]>()
        );

        var grid = KernelTransfer.Transfer(source, name, source.Grids[name], slow);

        Assert.Equal(2e-6, grid.Ratio([1, 64, 64], out _) * slow.GemmSeconds(format, 1, 64, 64), 1e-11);
        Assert.Equal(
            22e-6,
            grid.Ratio([1, 1024, 1024], out _) * slow.GemmSeconds(format, 1, 1024, 1024),
            1e-11
        );
    }

    /// <summary>Each accelerator as if it had no tables, from one that resembles it. docs/performance-models.md has these errors.</summary>
    [Theory]
    [InlineData("NVIDIA_H200", "NVIDIA_H100_SXM", "gemm/bfloat16", 9, 21)]
    [InlineData("NVIDIA_H200", "NVIDIA_H100_SXM", "gemm/fp8", 15, 35)]
    [InlineData("NVIDIA_H200", "NVIDIA_H100_SXM", "prompt_attention/128/16", 5, 27)]
    [InlineData("NVIDIA_H200", "NVIDIA_H100_SXM", "decode_attention/128/16", 6, 28)]
    [InlineData("NVIDIA_H200", "NVIDIA_H100_SXM", "latent_decode/bfloat16/16", 6, 11)]
    [InlineData("NVIDIA_H200", "NVIDIA_H100_SXM", "experts/fp8_block", 12, 26)]
    [InlineData("NVIDIA_A100_80G", "NVIDIA_H100_SXM", "gemm/bfloat16", 21, 43)]
    [InlineData("NVIDIA_A100_80G", "NVIDIA_H100_SXM", "prompt_attention/128/16", 14, 38)]
    [InlineData("NVIDIA_A100_80G", "NVIDIA_H100_SXM", "decode_attention/128/16", 22, 45)]
    [InlineData("NVIDIA_A100_80G", "NVIDIA_H100_SXM", "experts/bfloat16", 30, 53)]
    [InlineData("NVIDIA_GB200", "NVIDIA_B200", "gemm/bfloat16", 4, 14)]
    [InlineData("NVIDIA_GB200", "NVIDIA_B200", "gemm/nvfp4", 5, 17)]
    [InlineData("NVIDIA_GB200", "NVIDIA_B200", "decode_attention/128/16", 4, 17)]
    [InlineData("NVIDIA_GB200", "NVIDIA_B200", "experts/nvfp4", 3, 8)]
    [InlineData("NVIDIA_B200", "NVIDIA_H200", "gemm/bfloat16", 13, 29)]
    [InlineData("NVIDIA_B200", "NVIDIA_H200", "gemm/fp8", 18, 41)]
    [InlineData("NVIDIA_B200", "NVIDIA_H200", "prompt_attention/128/16", 19, 46)]
    [InlineData("NVIDIA_B200", "NVIDIA_H200", "decode_attention/128/16", 29, 55)]
    [InlineData("NVIDIA_B200", "NVIDIA_H200", "experts/fp8_block", 18, 49)]
    [InlineData("NVIDIA_RTX_PRO_6000", "NVIDIA_L40S", "gemm/bfloat16", 17, 42)]
    [InlineData("NVIDIA_RTX_PRO_6000", "NVIDIA_L40S", "gemm/fp8", 28, 85)]
    [InlineData("NVIDIA_RTX_PRO_6000", "NVIDIA_L40S", "prompt_attention/128/16", 20, 37)]
    [InlineData("NVIDIA_RTX_PRO_6000", "NVIDIA_L40S", "decode_attention/128/16", 27, 45)]
    [InlineData("NVIDIA_RTX_PRO_6000", "NVIDIA_L40S", "experts/bfloat16", 12, 58)]
    public void An_accelerator_left_out_is_predicted_from_its_kin(
        string hardware,
        string kin,
        string name,
        double median,
        double p90
    )
    {
        var (own, source) = (KernelCatalog.FindOwn(hardware, "vllm")!, KernelCatalog.FindOwn(kin, "vllm")!);
        var predicted = KernelTransfer.Transfer(source, name, source.Grids[name], own.Roofs);
        var shapes = own.ExpertShapes.GetValueOrDefault(name);
        var others = source.ExpertShapes.GetValueOrDefault(name);
        var errors = new List<double>();
        own.Grids[name]
            .ForEach(
                (shape, ratio) =>
                {
                    double[] at = [.. shape.Select(position => (double)position)];
                    if (shapes is not null)
                    {
                        at[0] = Array.IndexOf(others!, shapes[shape[0] - 1]) + 1;
                    }

                    if (at[0] > 0)
                    {
                        var guess = predicted.Ratio(at, out var isMeasured);
                        if (isMeasured)
                        {
                            errors.Add(100 * Math.Abs(guess / ratio - 1));
                        }
                    }
                }
            );
        errors.Sort();

        Assert.True(
            errors.Count > 100
                && errors[errors.Count / 2] <= median
                && errors[(int)(0.9 * errors.Count)] <= p90,
            FormattableString.Invariant(
                $"{errors.Count} points, {errors[errors.Count / 2]:0.0} / {errors[(int)(0.9 * errors.Count)]:0.0}"
            )
        );
    }
}
