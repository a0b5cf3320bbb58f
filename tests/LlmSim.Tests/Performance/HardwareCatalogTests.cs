using System.Text;
using LlmSim.Performance.Catalog;
using Xunit;

namespace LlmSim.Tests.Performance;

public sealed class HardwareCatalogTests
{
    private const string Valid = """
        {"name": "X", "memory_bytes_per_second": 1e12, "fp16_ops_per_second": 1e14, "int8_ops_per_second": 2e14,
         "on_chip_buffer_bytes": 2e7, "memory_bytes": 80e9, "link_bytes_per_second": 3e11,
         "link_latency_seconds": 1e-6, "source": "none"}
        """;

    [Theory]
    [InlineData("NVIDIA_V100", 900e9, 112e12, 62e12, 20480e3, 32_000_000_000)]
    [InlineData("NVIDIA_A6000", 768e9, 154.8e12, 309.7e12, 21504e3, 48_000_000_000)]
    [InlineData("NVIDIA_A6000_Ada", 960e9, 364.2e12, 728.5e12, 36352e3, 48_000_000_000)]
    [InlineData("NVIDIA_A100_40G", 1555e9, 312e12, 624e12, 27648e3, 40_000_000_000)]
    [InlineData("NVIDIA_A100_80G", 2039e9, 312e12, 624e12, 27648e3, 80_000_000_000)]
    [InlineData("NVIDIA_A800_80G_SXM", 2039e9, 312e12, 624e12, 27648e3, 80_000_000_000)]
    [InlineData("NVIDIA_A40", 696e9, 149.7e12, 299.3e12, 21504e3, 48_000_000_000)]
    [InlineData("NVIDIA_H100_SXM", 3072e9, 989.5e12, 1979e12, 33792e3, 80_000_000_000)]
    [InlineData("NVIDIA_H100_PCIe", 2048e9, 756.5e12, 1513e12, 29184e3, 80_000_000_000)]
    [InlineData("NVIDIA_L40", 864e9, 181e12, 362e12, 36352e3, 48_000_000_000)]
    [InlineData("NVIDIA_L40S", 864e9, 362e12, 733e12, 36352e3, 48_000_000_000)]
    [InlineData("NVIDIA_3090", 936e9, 35.6e12, 284e12, 20992e3, 24_000_000_000)]
    [InlineData("NVIDIA_4090", 1008e9, 330.3e12, 660.6e12, 32768e3, 24_000_000_000)]
    public void Under_the_references_semantics_its_accelerators_have_its_figures(
        string name,
        double bandwidth,
        double fp16,
        double int8,
        double buffer,
        long memory
    )
    {
        var hardware = Scenes.Instance(name, 1).WithFigures(Semantics.Reference).Hardware;

        Assert.Equal(bandwidth, hardware.MemoryBytesPerSecond);
        Assert.Equal(fp16, hardware.Fp16OpsPerSecond);
        Assert.Equal(int8, hardware.Int8OpsPerSecond);
        Assert.Equal(buffer, hardware.OnChipBufferBytes);
        Assert.Equal(memory, hardware.MemoryBytes);
    }

    [Fact]
    public void The_references_figures_are_of_accelerators_of_the_catalog_and_of_these_alone()
    {
        Assert.Equal(13, ReferenceHardware.Names.Count());
        Assert.All(
            ReferenceHardware.Names,
            name =>
                Assert.NotEqual(
                    HardwareCatalog.BuiltIn.Get(name),
                    Scenes.Instance(name, 1).WithFigures(Semantics.Reference).Hardware
                )
        );

        var newer = Scenes.Instance("NVIDIA_H200", 1);
        Assert.Equal(newer, newer.WithFigures(Semantics.Reference));
        Assert.Equal(newer, newer.WithFigures(Semantics.Standard));
    }

    [Fact]
    public void An_accelerator_that_somebody_describes_keeps_its_figures()
    {
        var own = Scenes.Instance("NVIDIA_H100_SXM", 1);
        own = own with { Hardware = own.Hardware with { MemoryBytesPerSecond = 1e12 } };

        Assert.Equal(own, own.WithFigures(Semantics.Reference));
    }

    [Fact]
    public void Every_accelerator_is_found_by_its_name_and_is_plausible()
    {
        Assert.All(
            HardwareCatalog.BuiltIn.All,
            hardware =>
            {
                Assert.Same(hardware, HardwareCatalog.BuiltIn.Get(hardware.Name));
                Assert.InRange(hardware.MemoryBytesPerSecond, 100e9, 20e12);
                Assert.InRange(hardware.Fp16OpsPerSecond, 30e12, 5e15);
                Assert.InRange(hardware.MemoryBytes, 16_000_000_000, 310_000_000_000);
                Assert.InRange(hardware.OnChipBufferBytes, 10e6, 210e6);
                Assert.InRange(hardware.LinkBytesPerSecond, 10e9, 1e12);
                Assert.InRange(hardware.LinkLatencySeconds, 0.1e-6, 10e-6);
                Assert.Contains("hop: ", hardware.Source, StringComparison.Ordinal);
            }
        );
        Assert.Contains(HardwareCatalog.BuiltIn.All, hardware => hardware.Name == "AMD_MI300X");
    }

    [Theory]
    [InlineData("NVIDIA_RTX_PRO_6000", 188)]
    [InlineData("NVIDIA_H100_SXM", 132)]
    [InlineData("NVIDIA_H100_PCIe", 114)]
    [InlineData("NVIDIA_H200", 132)]
    [InlineData("NVIDIA_A100_80G", 108)]
    [InlineData("NVIDIA_L40S", 142)]
    [InlineData("NVIDIA_B200", 148)]
    [InlineData("AMD_MI300X", 304)]
    [InlineData("GOOGLE_TPU_v5e", null)]
    public void Multiprocessors_are_those_of_the_data_sheet(string name, int? expected) =>
        Assert.Equal(expected, HardwareCatalog.BuiltIn.Get(name).Multiprocessors);

    /// <summary>Elsewhere decode attention is another kernel, or nobody has measured it.</summary>
    [Fact]
    public void Undivided_attention_is_known_of_one_accelerator() =>
        Assert.Equal(
            [("NVIDIA_RTX_PRO_6000", 22.5e6)],
            HardwareCatalog
                .BuiltIn.All.Where(hardware => hardware.UndividedKeysPerSecond is not null)
                .Select(hardware => (hardware.Name, hardware.UndividedKeysPerSecond!.Value))
        );

    [Fact]
    public void An_unknown_accelerator_is_answered_with_the_nearest()
    {
        var error = Assert.Throws<UserErrorException>(() => HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SMX"));

        Assert.Equal(
            "hardware 'NVIDIA_H100_SMX' is unknown. Did you mean 'NVIDIA_H100_SXM'? "
                + "'llmsim hardware' lists what there is.",
            error.Message
        );
    }

    [Theory]
    [InlineData(
        "\"memory_bytes\": 80e9",
        "\"memory_bytes\": 80.5",
        "memory_bytes: 80.5 where a whole number"
    )]
    [InlineData(
        "\"memory_bytes\": 80e9",
        "\"memory_bytes\": -1",
        "memory_bytes: -1 where a whole number from 1"
    )]
    [InlineData("\"memory_bytes\": 80e9, ", "", "memory_bytes: missing.")]
    [InlineData(
        "\"memory_bytes\"",
        "\"memory_byte\"",
        "memory_byte: unknown field. Did you mean 'memory_bytes'?"
    )]
    [InlineData("1e-6", "1e999", "link_latency_seconds: 1e999 where a number above 0")]
    [InlineData("\"X\",", "\"X\", \"multiprocessors\": 0,", "multiprocessors: 0 where a whole number")]
    [InlineData("\"X\",", "\"X\", \"undivided_keys_per_second\": -1,", "undivided_keys_per_second: -1 where")]
    [InlineData("\"X\"", "\"\"", "name: \"\" where a string is expected.")]
    public void A_wrong_field_is_named(string found, string replacement, string message)
    {
        var json = Valid.Replace(found, replacement, StringComparison.Ordinal);
        Assert.NotEqual(Valid, json);
        Assert.StartsWith($"x.json:{message}", Assert.Throws<UserErrorException>(() => Parse(json)).Message);
    }

    private static void Parse(string json)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        HardwareParser.Parse(stream, "x.json");
    }
}
