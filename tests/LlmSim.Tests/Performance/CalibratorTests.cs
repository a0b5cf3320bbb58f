using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Calibrating;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class CalibratorTests
{
    /// <summary>Measurements made by an efficiency lead back to it.</summary>
    [Fact]
    public void A_fit_finds_the_efficiency_that_made_the_measurements()
    {
        var bare = new Roofs(500e12, 1.8e12);
        var truth = new OperationEfficiency(0.6, 0.8, 5e-6, 20e-9);
        var roofs = bare.Lowered(truth);
        var samples =
            from tokens in new double[] { 1, 16, 100, 700, 2000, 8000 }
            from width in new double[] { 1000, 4000, 30_000 }
            from keys in new double[] { 0, 100, 10_000 }
            let work = new OperationWork(
                2 * tokens * 4096 * width,
                2 * 4096 * width,
                8192 * tokens,
                0,
                LongestKeys: keys
            )
            select new Sample([work], roofs.Seconds(work), IsHeldOut: false);

        var fit = EfficiencyFit.Fit([.. samples], bare, hasKeySeconds: true);

        Assert.Equal(truth.Compute, fit.Compute, 0.002);
        Assert.Equal(truth.Memory, fit.Memory, 0.002);
        Assert.Equal(truth.FixedSeconds, fit.FixedSeconds, 5e-8);
        Assert.Equal(truth.KeySeconds, fit.KeySeconds, 1e-10);
    }

    /// <summary>What no efficiency at most 1 explains is left unexplained.</summary>
    [Fact]
    public void A_fit_never_goes_beyond_the_roofs()
    {
        var bare = new Roofs(500e12, 1.8e12);
        OperationWork[] works =
        [
            .. new double[] { 1e6, 1e9 }.Select(bytes => new OperationWork(0, bytes, 0, 0)),
        ];
        var samples = works.Select(work => new Sample([work], bare.Seconds(work) / 2, IsHeldOut: false));

        var fit = EfficiencyFit.Fit([.. samples], bare, hasKeySeconds: false);

        Assert.InRange(fit.Memory, 0.99, 1);
        Assert.InRange(fit.Compute, 0, 1);
        Assert.InRange(fit.FixedSeconds, 0, 1e-6);
    }

    [Fact]
    public void The_calibration_of_the_catalog_is_the_fit_to_the_recorded_profiles()
    {
        string[] folders =
        [
            .. new[] { "meta-llama/Llama-3.1-8B", "Qwen/Qwen3-30B-A3B-Instruct-2507" }.Select(id =>
                Path.GetDirectoryName(
                    SharedFiles.Require($"measured/profiles/RTXPRO6000/{id}/bf16/meta.yaml")
                )!
            ),
        ];
        var (hardware, result) = CalibrationRun.Fit(
            folders,
            hardwareName: null,
            model: null,
            ModelCatalog.BuiltIn,
            HardwareCatalog.BuiltIn
        );

        Assert.Equal("NVIDIA_RTX_PRO_6000", hardware.Name);
        var shipped = hardware.Calibration!;
        foreach (var one in CalibrationClass.All)
        {
            var (expected, actual) = (one.Get(result.Calibration), one.Get(shipped));
            Assert.Equal(expected.Compute, actual.Compute, 0.01);
            Assert.Equal(expected.Memory, actual.Memory, 0.02);
            Assert.Equal(expected.FixedSeconds, actual.FixedSeconds, 1e-7);
            Assert.Equal(expected.KeySeconds, actual.KeySeconds, 1e-10);
        }

        Assert.Equal(result.Calibration.IterationSeconds, shipped.IterationSeconds);
        Assert.Equal(CalibrationClass.All.Select(one => one.Name), result.Errors.Select(error => error.Name));
        // Each class is explained better than by the roofs.
        Assert.All(result.Errors, error => Assert.True(error.MedianError < error.BareMedianError));
        Assert.All(result.Errors, error => Assert.InRange(error.HeldOut, 19, error.Fitted));
    }

    [Fact]
    public void A_profile_of_another_accelerator_or_model_is_an_error()
    {
        var folder = Path.GetDirectoryName(
            SharedFiles.Require("measured/profiles/RTXPRO6000/meta-llama/Llama-3.1-8B/bf16/meta.yaml")
        )!;

        Assert.Contains(
            "is a profile of RTXPRO6000; an instance has NVIDIA_L4",
            Assert
                .Throws<UserErrorException>(() =>
                    CalibrationRun.Fit(
                        [folder],
                        "NVIDIA_L4",
                        null,
                        ModelCatalog.BuiltIn,
                        HardwareCatalog.BuiltIn
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is a profile of meta-llama/Llama-3.1-8B; the model is Qwen/Qwen3-8B",
            Assert
                .Throws<UserErrorException>(() =>
                    CalibrationRun.Fit(
                        [folder],
                        null,
                        "Qwen/Qwen3-8B",
                        ModelCatalog.BuiltIn,
                        HardwareCatalog.BuiltIn
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
    }
}
