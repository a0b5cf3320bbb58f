using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>Which tier a prediction is of, and what is said of its errors.</summary>
public sealed class PredictionTests
{
    private const string Llama = "unsloth/Llama-3.3-70B-Instruct";

    [Fact]
    public void The_best_tier_that_there_is_for_each_accelerator_is_chosen()
    {
        var h100 = Choose("auto", Instance("NVIDIA_H100_SXM"));
        var transferred = Choose("auto", Instance("NVIDIA_L4"));
        var v100 = Choose("auto", Instance("NVIDIA_V100"));
        var calibration = HardwareCatalog.BuiltIn.Get("NVIDIA_RTX_PRO_6000").Calibration;
        var calibrated = Choose(
            "auto",
            Instance(HardwareCatalog.BuiltIn.Get("NVIDIA_V100") with { Calibration = calibration })
        );

        Assert.Equal((PredictionTier.Kernels, null), (h100.Tier, h100.Notice));
        Assert.IsType<EngineTime>(h100.Model);
        Assert.Equal(PredictionTier.Transferred, transferred.Tier);
        Assert.Contains("NVIDIA_L40S", transferred.Notice!, StringComparison.Ordinal);
        Assert.Equal(PredictionTier.Roofline, v100.Tier);
        Assert.StartsWith("NVIDIA_V100: bare roofline", v100.Notice, StringComparison.Ordinal);
        Assert.Equal(PredictionTier.Calibrated, calibrated.Tier);
        Assert.Contains("calibrated", calibrated.Notice!, StringComparison.Ordinal);
        Assert.Equal(
            Choose("roofline", Instance("NVIDIA_V100")).Model.PrefillSeconds(1000),
            v100.Model.PrefillSeconds(1000)
        );
        Assert.True(calibrated.Model.PrefillSeconds(1000) > v100.Model.PrefillSeconds(1000));
    }

    [Fact]
    public void Kernels_of_an_accelerator_are_not_those_of_another_by_its_name()
    {
        var hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM");
        var slower = Instance(hardware with { MemoryBytesPerSecond = 2e12 });
        var larger = Instance(hardware with { MemoryBytes = 2 * hardware.MemoryBytes });

        Assert.Equal(PredictionTier.Roofline, Choose("auto", slower).Tier);
        Assert.Contains(
            "otherwise than in the catalog",
            Choose("auto", slower).Notice!,
            StringComparison.Ordinal
        );
        Assert.Equal(PredictionTier.Kernels, Choose("auto", larger).Tier);
    }

    [Fact]
    public void Transferred_kernels_are_a_tier_of_their_own()
    {
        var measured = KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!;
        var transferred = new KernelSet(
            measured.Source with
            {
                TransferredFrom = "NVIDIA_H200",
            },
            measured.Roofs,
            new(measured.Grids.ToDictionary(), StringComparer.Ordinal),
            measured.ExpertShapes
        );

        var choice = Choose("kernels:other", Instance("NVIDIA_H100_SXM"), Llama, transferred);

        Assert.Equal(
            (PredictionTier.Transferred, "kernels transferred from NVIDIA_H200"),
            (choice.Tier, choice.Source)
        );
    }

    [Fact]
    public void What_only_the_roofline_reads_makes_it_the_default()
    {
        var standard = Semantics.Standard;

        Assert.Equal("auto", new RunConfiguration().Performance);
        Assert.Equal("auto", With(standard with { KvTransfer = KvTransfer.Independent }).Performance);
        Assert.Equal("roofline", With(Semantics.Reference).Performance);
        Assert.Equal("roofline", With(standard with { LmHead = LmHead.SingleOps }).Performance);
        Assert.Equal(
            "roofline",
            With(standard with { HardwareFigures = HardwareFigures.Reference }).Performance
        );
        Assert.Equal("kernels", (With(Semantics.Reference) with { Performance = "kernels" }).Performance);

        static RunConfiguration With(Semantics semantics) => new() { Semantics = semantics };
    }

    [Theory]
    [InlineData("kernels", "dense", "mixed", "open", "tpot_mean", 11.0)]
    [InlineData("kernels", "dense", "mixed", "closed", "tpot_mean", 12.0)]
    [InlineData("kernels", "dense", "disaggregated", "open", "tpot_mean", 11.0)]
    [InlineData("kernels", "dense", "mixed", "closed", "e2e_mean", 5.0)]
    [InlineData("kernels", "mla", "disaggregated", "open", "tpot_mean", 30.0)]
    [InlineData("kernels", "moe", "mixed", "closed", "tpot_mean", null)]
    [InlineData("roofline", "dense", "mixed", "closed", "tpot_mean", null)]
    public void Errors_are_those_of_the_nearest_class_of_tier_and_family(
        string tier,
        string family,
        string mode,
        string load,
        string metric,
        double? median
    )
    {
        var errors = new PredictionErrors([
            Class("kernels", "dense", "mixed", "open", ("tpot_mean", 11), ("e2e_mean", 5)),
            Class("kernels", "dense", "mixed", "closed", ("tpot_mean", 12)),
            Class("kernels", "mla", "disaggregated", "closed", ("tpot_mean", 30)),
            Class("kernels", "mla", "mixed", "open", ("tpot_mean", 31)),
        ]);
        var subject = Subject() with
        {
            Tier = tier == "kernels" ? PredictionTier.Kernels : PredictionTier.Roofline,
            Family = family,
            Mode = mode,
            Load = load,
        };

        Assert.Equal(median, errors.Find(subject, metric)?.Figure.MedianErrorPercent);
    }

    [Fact]
    public void Errors_of_the_same_accelerators_go_before_those_under_the_same_load()
    {
        var errors = new PredictionErrors([
            Class("kernels", "dense", "mixed", "open", ("tpot_mean", 11)),
            Class("kernels", "dense", "mixed", "closed", ("tpot_mean", 12)) with
            {
                Accelerators = ["NVIDIA_H100_SXM", "NVIDIA_H200"],
            },
        ]);

        Assert.Equal(11, errors.Find(Subject(), "tpot_mean")?.Figure.MedianErrorPercent);
        Assert.Equal(
            12,
            errors
                .Find(Subject() with { Accelerators = ["NVIDIA_H200"] }, "tpot_mean")
                ?.Figure.MedianErrorPercent
        );
    }

    [Fact]
    public void A_range_is_lopsided_as_the_errors_are()
    {
        // Always too fast: what was measured is 1.2 to 3 times the prediction.
        var figure = Figure("tpot_mean", 40) with
        {
            MeasuredOverPredicted = new(1.2, 1.5, 1.8, 2, 3),
        };

        var range = PredictedRange.Of(figure, 0.010);

        Assert.Equal((0.015, 0.020), (range.HalfLowSeconds, range.HalfHighSeconds));
        Assert.Equal((0.012, 0.030), (range.NineOfTenLowSeconds, range.NineOfTenHighSeconds));
    }

    [Fact]
    public void What_no_measured_configuration_had_is_a_warning()
    {
        var errors = new PredictionErrors([Class("kernels", "dense", "mixed", "open", ("tpot_mean", 11))]);
        var inside = Predict(errors, Scenario("NVIDIA_H100_SXM", tp: 4));
        var beyond = Predict(errors, Scenario("NVIDIA_H200", tp: 8, precision: "fp8"));

        Assert.Empty(inside.Warnings);
        Assert.Contains("11 % in the median", inside.Error, StringComparison.Ordinal);
        var warning = Assert.Single(beyond.Warnings);
        Assert.Contains("NVIDIA_H200", warning, StringComparison.Ordinal);
        Assert.Contains("precision fp8 with 16-bit KV cache", warning, StringComparison.Ordinal);
        Assert.Contains("8 accelerators as one, they had up to 4", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EngineKind.Vllm, "", null)]
    [InlineData(EngineKind.Vllm, "0.19.0", null)]
    [InlineData(EngineKind.Vllm, "0.12.0", "engine vllm 0.12.0")]
    [InlineData(EngineKind.Sglang, "", "engine sglang")]
    [InlineData(EngineKind.TensorRtLlm, "1.0", "engine trtllm 1.0")]
    public void An_engine_or_version_that_no_measured_configuration_had_is_warned_of(
        EngineKind kind,
        string version,
        string? beyond
    )
    {
        var errors = new PredictionErrors([Class("kernels", "dense", "mixed", "open", ("tpot_mean", 11))]);
        var engine = new EngineSpec { Kind = kind, Version = version };
        var scenario = Scenario("NVIDIA_H100_SXM", tp: 4) with
        {
            PrefillInstances = [],
            DecodeInstances = [],
            MixedInstances = [Instance("NVIDIA_H100_SXM") with { Engine = engine }],
        };

        var warnings = Predict(errors, scenario).Warnings;

        if (beyond is null)
        {
            Assert.Empty(warnings);
        }
        else
        {
            Assert.EndsWith(
                $"no measured configuration had {beyond}",
                Assert.Single(warnings),
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void An_error_that_nobody_measured_is_not_known()
    {
        var prediction = Predict(new PredictionErrors([]), Scenario("NVIDIA_H100_SXM", tp: 4));

        Assert.StartsWith("not known", prediction.Error, StringComparison.Ordinal);
        Assert.Empty(prediction.Figures);
        Assert.Empty(prediction.Warnings);
    }

    [Fact]
    public void A_cluster_of_several_tiers_is_of_the_least_and_warned_of()
    {
        var scenario = Scenario("NVIDIA_H100_SXM", tp: 4) with
        {
            DecodeInstances = [Instance("NVIDIA_V100")],
        };

        var prediction = Predict(PredictionErrors.BuiltIn, scenario);

        Assert.Equal("roofline", prediction.Tier);
        Assert.Contains("NVIDIA_H100_SXM: kernels", prediction.Source, StringComparison.Ordinal);
        Assert.Contains("NVIDIA_V100: roofline", prediction.Source, StringComparison.Ordinal);
        Assert.Contains(
            prediction.Warnings,
            warning => warning.StartsWith("instances differ", StringComparison.Ordinal)
        );
        Assert.Single(prediction.Notices);
    }

    [Fact]
    public void A_scenario_of_a_programs_own_gets_the_times_that_the_command_takes()
    {
        var scenario = Scenario("NVIDIA_H100_SXM", tp: 4);
        var instance = scenario.PrefillInstances[0];

        var best = scenario.WithBestPerformance().PerformanceModelFactory!(instance);
        Assert.Equal(Choose("auto", instance).Model.PrefillSeconds(1000), best.PrefillSeconds(1000));
        Assert.NotEqual(Choose("roofline", instance).Model.PrefillSeconds(1000), best.PrefillSeconds(1000));
        Assert.Null(
            (scenario with { Semantics = Semantics.Reference }).WithBestPerformance().PerformanceModelFactory
        );
    }

    [Fact]
    public void The_errors_that_come_with_the_simulator_are_of_enough_figures_and_in_order()
    {
        Assert.NotEmpty(PredictionErrors.BuiltIn.Errors);
        Assert.All(
            PredictionErrors.BuiltIn.Errors,
            one =>
            {
                Assert.NotEmpty(one.Figures);
                Assert.All(
                    one.Figures,
                    figure =>
                    {
                        var ratio = figure.MeasuredOverPredicted;
                        double[] quantiles = [ratio.P5, ratio.P25, ratio.P50, ratio.P75, ratio.P95];
                        Assert.True(figure.Count >= 10);
                        Assert.True(quantiles[0] > 0);
                        Assert.Equal(quantiles.Order(), quantiles);
                        Assert.True(figure.MedianErrorPercent <= figure.P90ErrorPercent);
                        // A bound is too fast.
                        Assert.True(one.Tier != "roofline" || figure.Metric != "tpot_mean" || ratio.P50 > 1);
                    }
                );
            }
        );
    }

    private static Prediction Predict(PredictionErrors errors, Scenario scenario)
    {
        var choose = Chooser("auto", scenario.Model, scenario.Precision, kernels: null);
        return Prediction.Of(scenario, choose, errors);
    }

    private static Scenario Scenario(string hardware, int tp, string precision = "bf16")
    {
        var model = ModelCatalog.BuiltIn.Get(Llama);
        var instance = Instance(hardware) with { TpSize = tp };
        return new Scenario
        {
            Model = model,
            Precision = new PrecisionRequest { Format = precision }.Resolve(model),
            PrefillInstances = [instance],
            DecodeInstances = [instance],
            Policies = Catalogs.BuiltIn.Policies.CreateSet("round_robin", "fcfs", "round_robin", "fcfs"),
        };
    }

    private static PerformanceChoice Choose(
        string source,
        InstanceSpec instance,
        string model = Llama,
        KernelSet? kernels = null
    )
    {
        var served = ModelCatalog.BuiltIn.Get(model);
        var precision = new PrecisionRequest { Format = "bf16" }.Resolve(served);
        return Chooser(source, served, precision, kernels)(instance);
    }

    private static Func<InstanceSpec, PerformanceChoice> Chooser(
        string source,
        ModelDescription model,
        Precision precision,
        KernelSet? kernels
    ) =>
        PerformanceSource.Chooser(
            new RunConfiguration { Performance = source },
            model,
            precision,
            PerformanceFiles.Disk with
            {
                Kernels = (_, _) => kernels!,
            }
        );

    private static InstanceSpec Instance(string hardware) => Instance(HardwareCatalog.BuiltIn.Get(hardware));

    private static InstanceSpec Instance(HardwareDescription hardware) =>
        new() { Hardware = hardware, TpSize = 4 };

    private static PredictionSubject Subject() =>
        new()
        {
            Tier = PredictionTier.Kernels,
            Family = "dense",
            Mode = "mixed",
            Load = "open",
            Accelerators = ["NVIDIA_H100_SXM"],
            Precisions = ["16-bit with 16-bit KV cache"],
            Engines = ["vllm"],
            MostAccelerators = 4,
        };

    private static ClassErrors Class(
        string tier,
        string family,
        string mode,
        string load,
        params (string Metric, double Median)[] figures
    ) =>
        new()
        {
            Tier = tier,
            Family = family,
            Mode = mode,
            Load = load,
            Source = "rows.csv",
            Date = new DateOnly(2026, 11, 27),
            Command = "llmsim validate --rows rows.csv",
            Configurations = 20,
            Accelerators = ["NVIDIA_H100_SXM"],
            Engines = ["vllm 0.19.0"],
            Precisions = ["16-bit with 16-bit KV cache"],
            MostAccelerators = 4,
            Figures = [.. figures.Select(figure => Figure(figure.Metric, figure.Median))],
        };

    private static FigureErrors Figure(string metric, double median) =>
        new()
        {
            Metric = metric,
            Count = 20,
            MedianErrorPercent = median,
            P90ErrorPercent = 2 * median,
            MeasuredOverPredicted = new(0.8, 0.9, 1, 1.1, 1.2),
        };
}
