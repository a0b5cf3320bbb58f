using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Roofline;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>The catalog keeps to one convention: ratios of an accelerator's figures show one that is of another.</summary>
public sealed class HardwareConventionTests
{
    private const long MiB = 1 << 20;

    /// <summary>At the rate of FP16 accumulation these multiply twice as fast in 16 bits and FP8, which is another convention.</summary>
    private static readonly string[] s_geForce = ["NVIDIA_3090", "NVIDIA_4090", "NVIDIA_5090"];

    public static TheoryData<string> Names =>
        [.. HardwareCatalog.BuiltIn.All.Select(hardware => hardware.Name)];

    [Fact]
    public void The_accelerators_are_these() =>
        Assert.Equal(
            [
                .. "AMD_MI250X AMD_MI300X AMD_MI325X AMD_MI350X AMD_MI355X AWS_Trainium2 GOOGLE_TPU_v5e GOOGLE_TPU_v5p".Split(),
                .. "GOOGLE_TPU_v6e INTEL_Gaudi3 NVIDIA_3090 NVIDIA_4090 NVIDIA_5090 NVIDIA_A100_40G NVIDIA_A100_80G".Split(),
                .. "NVIDIA_A10G NVIDIA_A40 NVIDIA_A6000 NVIDIA_A6000_Ada NVIDIA_A800_80G_SXM NVIDIA_B200 NVIDIA_B300".Split(),
                .. "NVIDIA_GB200 NVIDIA_GB300 NVIDIA_H100_NVL NVIDIA_H100_PCIe NVIDIA_H100_SXM NVIDIA_H20 NVIDIA_H200".Split(),
                .. "NVIDIA_L4 NVIDIA_L40 NVIDIA_L40S NVIDIA_RTX_PRO_6000 NVIDIA_V100".Split(),
            ],
            HardwareCatalog.BuiltIn.All.Select(hardware => hardware.Name)
        );

    [Theory]
    [MemberData(nameof(Names))]
    public void Integers_of_8_bits_are_as_fast_as_the_kind_of_accelerator_has_them(string name)
    {
        var hardware = HardwareCatalog.BuiltIn.Get(name);
        var expected = name switch
        {
            // On the CUDA cores.
            "NVIDIA_V100" => 0.5,
            // Blackwell Ultra gave up integers.
            "NVIDIA_B300" => 0.068,
            "NVIDIA_GB300" => 0.066,
            // Accelerators that do not multiply integers faster.
            "AMD_MI250X" or "INTEL_Gaudi3" or "AWS_Trainium2" => 1,
            _ when s_geForce.Contains(name) => 4,
            _ => 2,
        };

        AssertRatio(expected, hardware.Int8OpsPerSecond, hardware.Fp16OpsPerSecond);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FP8_is_twice_as_fast_as_16_bits(string name)
    {
        var hardware = HardwareCatalog.BuiltIn.Get(name);
        string[] without = ["V100", "A100", "A800", "A10G", "A40", "A6000", "3090", "MI250X", "TPU"];
        if (without.Any(kind => name.Contains(kind, StringComparison.Ordinal)) && name != "NVIDIA_A6000_Ada")
        {
            Assert.Null(hardware.Fp8OpsPerSecond);
            return;
        }

        AssertRatio(
            name == "INTEL_Gaudi3" ? 1 : 2,
            hardware.Fp8OpsPerSecond!.Value,
            hardware.Fp16OpsPerSecond
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FP4_is_faster_than_FP8_where_there_is_any(string name)
    {
        var hardware = HardwareCatalog.BuiltIn.Get(name);
        var expected = name switch
        {
            "NVIDIA_B200" or "NVIDIA_GB200" or "NVIDIA_RTX_PRO_6000" or "AMD_MI350X" or "AMD_MI355X" => 2,
            // Blackwell Ultra is half as fast again in FP4.
            "NVIDIA_B300" => 3.1,
            "NVIDIA_GB300" => 3,
            "NVIDIA_5090" => 4,
            _ => double.NaN,
        };
        if (double.IsNaN(expected))
        {
            Assert.Null(hardware.Fp4OpsPerSecond);
            return;
        }

        AssertRatio(expected, hardware.Fp4OpsPerSecond!.Value, hardware.Fp8OpsPerSecond!.Value);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Memory_bandwidth_and_power_belong_together(string name)
    {
        var hardware = HardwareCatalog.BuiltIn.Get(name);

        // Drivers count in MiB, makers in powers of ten: 80e9 bytes are no number of MiB.
        Assert.Equal(0, hardware.MemoryBytes % MiB);
        // Seconds to read all memory once; operations for each byte read.
        Assert.InRange(hardware.MemoryBytes / hardware.MemoryBytesPerSecond, 0.015, 0.09);
        Assert.InRange(hardware.Fp16OpsPerSecond / hardware.MemoryBytesPerSecond, 30, 600);
        Assert.Contains("memory", hardware.Source, StringComparison.Ordinal);
        Assert.Equal(
            hardware.Source.Contains("power: not published", StringComparison.Ordinal),
            hardware.TdpWatts is null
        );
        Assert.False(hardware.TdpWatts is < 72 or > 1400, $"{hardware.TdpWatts} W");
        Assert.False(hardware.IdleWatts / hardware.TdpWatts is < 0.02 or > 0.3, $"{hardware.IdleWatts} W");
    }

    /// <summary>In MiB, as nvidia-smi, rocm-smi and hl-smi show them.</summary>
    [Theory]
    [InlineData("NVIDIA_V100", 32_768)]
    [InlineData("NVIDIA_A100_40G", 40_960)]
    [InlineData("NVIDIA_A100_80G", 81_920)]
    [InlineData("NVIDIA_A10G", 23_028)]
    [InlineData("NVIDIA_A40", 46_068)]
    [InlineData("NVIDIA_A6000", 49_140)]
    [InlineData("NVIDIA_3090", 24_576)]
    [InlineData("NVIDIA_4090", 24_564)]
    [InlineData("NVIDIA_5090", 32_607)]
    [InlineData("NVIDIA_L4", 23_034)]
    [InlineData("NVIDIA_L40S", 46_068)]
    [InlineData("NVIDIA_H100_SXM", 81_559)]
    [InlineData("NVIDIA_H100_PCIe", 81_559)]
    [InlineData("NVIDIA_H100_NVL", 95_830)]
    [InlineData("NVIDIA_H200", 143_771)]
    [InlineData("NVIDIA_H20", 97_871)]
    [InlineData("NVIDIA_B200", 183_359)]
    [InlineData("NVIDIA_GB200", 189_471)]
    [InlineData("NVIDIA_B300", 275_040)]
    [InlineData("NVIDIA_GB300", 284_208)]
    [InlineData("NVIDIA_RTX_PRO_6000", 97_887)]
    [InlineData("AMD_MI300X", 196_592)]
    [InlineData("AMD_MI355X", 294_896)]
    [InlineData("INTEL_Gaudi3", 131_072)]
    public void Memory_is_what_the_driver_reports(string name, long mebibytes) =>
        Assert.Equal(mebibytes * MiB, HardwareCatalog.BuiltIn.Get(name).MemoryBytes);

    [Theory]
    [InlineData("NVIDIA_H100_SXM", 3.35e12, 989.5e12, 1979e12)]
    [InlineData("NVIDIA_H100_PCIe", 2.0e12, 756.5e12, 1513e12)]
    [InlineData("NVIDIA_3090", 936e9, 71e12, 284e12)]
    [InlineData("NVIDIA_4090", 1008e9, 165.2e12, 660.6e12)]
    [InlineData("NVIDIA_L40S", 864e9, 362e12, 733e12)]
    public void Figures_are_those_of_the_final_data_sheets(
        string name,
        double bandwidth,
        double fp16,
        double int8
    )
    {
        var hardware = HardwareCatalog.BuiltIn.Get(name);

        Assert.Equal(bandwidth, hardware.MemoryBytesPerSecond);
        Assert.Equal(fp16, hardware.Fp16OpsPerSecond);
        Assert.Equal(int8, hardware.Int8OpsPerSecond);
    }

    /// <summary>A bound must not be slower than the hardware can be.</summary>
    [Fact]
    public void A_decode_iteration_on_H100_reads_the_weights_at_its_full_bandwidth()
    {
        var model = ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B");
        var roofline = new RooflineModel(
            model,
            new Precision(),
            Scenes.Instance("NVIDIA_H100_SXM", 1),
            Semantics.Standard
        );

        // All weights but the input embedding: 15.02e9 bytes, 4.48 ms.
        var seconds = 2 * (model.Parameters - 128_256.0 * 4096) / 3.35e12;
        Assert.Equal(0.00448, seconds, tolerance: 0.00001);
        Assert.InRange(roofline.DecodeSeconds(new(1, 16, 16)), seconds, 1.01 * seconds);
    }

    [Fact]
    public void A_prompt_on_a_3090_runs_on_its_tensor_cores()
    {
        var roofline = new RooflineModel(
            ModelCatalog.BuiltIn.Get("meta-llama/Llama-3.1-8B"),
            new Precision(),
            Scenes.Instance("NVIDIA_3090", 1),
            Semantics.Standard
        );

        // 2,048 tokens through 6.98e9 weights of the layers: 2 x 6.98e9 x 2048 / 71e12 = 0.403 s; causal attention adds
        // 32 x 4 x 4096 x 2048^2 / 2 / 71e12 = 0.0155 s.
        Assert.InRange(roofline.PrefillSeconds(2048), 0.418, 0.44);
    }

    private static void AssertRatio(double expected, double rate, double other) =>
        Assert.InRange(rate / other, 0.97 * expected, 1.03 * expected);
}
