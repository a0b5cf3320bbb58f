using LlmSim.Experiments.Kernels;
using LlmSim.Performance;
using Xunit;

namespace LlmSim.Tests.Performance;

/// <summary>
/// Collectives against measured ones. The figures were fitted to A100, H100 and B200, of PCIe to both cards; the rest was held out.
/// </summary>
public sealed class CollectiveTableTests
{
    [Theory]
    [InlineData("NVIDIA_A100_80G", "a100_sxm/comm/vllm/0.14.0", 0.08, 0.24)]
    [InlineData("NVIDIA_H100_SXM", "h100_sxm/comm/vllm/0.24.0", 0.07, 0.25)]
    [InlineData("NVIDIA_H200", "h200_sxm/comm/vllm/0.24.0", 0.07, 0.24)]
    [InlineData("NVIDIA_H200", "h200_sxm/comm/sglang/0.5.10", 0.06, 0.22)]
    [InlineData("NVIDIA_B200", "b200_sxm/comm/sglang/0.5.10", 0.08, 0.30)]
    [InlineData("NVIDIA_B300", "b300_sxm/comm/vllm/0.24.0", 0.08, 0.25)]
    [InlineData("NVIDIA_GB200", "gb200/comm/vllm/0.24.0", 0.36, 0.66)]
    public void All_reduces_of_engines(string hardware, string folder, double median, double p90) =>
        AssertErrors(hardware, $"{folder}/custom_allreduce_perf.parquet", mostRanks: 8, median, p90);

    [Theory]
    [InlineData("NVIDIA_L40S", "l40s/comm/vllm/0.22.0")]
    [InlineData("NVIDIA_RTX_PRO_6000", "rtx_pro_6000_server/comm/vllm/0.24.0")]
    public void All_reduces_of_two_cards_on_pcie(string hardware, string folder) =>
        AssertErrors(hardware, $"{folder}/custom_allreduce_perf.parquet", mostRanks: 2, 0.06, 0.16);

    [Theory]
    [InlineData("NVIDIA_A100_80G", "a100_sxm/comm/nccl/2.27.3", 8, 0.10, 0.22)]
    [InlineData("NVIDIA_H100_SXM", "h100_sxm/comm/nccl/2.29.2", 8, 0.08, 0.20)]
    [InlineData("NVIDIA_H200", "h200_sxm/comm/nccl/2.29.2", 8, 0.08, 0.20)]
    [InlineData("NVIDIA_B300", "b300_sxm/comm/nccl/2.29.2", 8, 0.10, 0.21)]
    [InlineData("NVIDIA_GB200", "gb200/comm/nccl/2.29.2", 8, 0.08, 0.22)]
    [InlineData("NVIDIA_L40S", "l40s/comm/nccl/2.27.3", 2, 0.12, 0.22)]
    [InlineData("NVIDIA_RTX_PRO_6000", "rtx_pro_6000_server/comm/nccl/2.29.2", 2, 0.12, 0.22)]
    public void Gathers_and_scatters_of_nccl(
        string hardware,
        string folder,
        int mostRanks,
        double median,
        double p90
    ) => AssertErrors(hardware, $"{folder}/nccl_perf.parquet", mostRanks, median, p90);

    private static void AssertErrors(string hardware, string file, int mostRanks, double median, double p90)
    {
        var table = KernelTable.Open(SharedFiles.Require($"kernels/{file}"));
        var (names, ranks, elements) = (
            table.Texts("op_name"),
            table.Counts("num_gpus"),
            table.Counts("message_size")
        );
        var (kernels, seconds) = (table.Texts("kernel_source"), table.Seconds());
        var formats = table.OptionalTexts("nccl_dtype", seconds.Length);
        var times = CollectiveTimes.Measured(Scenes.Instance(hardware, 8));
        double[] errors =
        [
            .. Enumerable
                .Range(0, seconds.Length)
                .Where(i =>
                    ranks[i] <= mostRanks
                    && !kernels[i].EndsWith("_eager", StringComparison.Ordinal)
                    && formats[i] != "int8"
                )
                .Select(i =>
                    (Predicted: Predict(names[i], ranks[i], 2.0 * elements[i]), Measured: seconds[i])
                )
                .Where(pair => pair.Predicted is not null)
                .Select(pair => Math.Abs(pair.Predicted!.Value / pair.Measured - 1))
                .Order(),
        ];

        Assert.True(errors.Length >= 20, $"{errors.Length} rows");
        Assert.InRange(errors[errors.Length / 2], 0, median);
        Assert.InRange(errors[errors.Length * 9 / 10], 0, p90);

        // The all-reduce of NCCL is not what engines run where they have their own.
        double? Predict(string name, int count, double bytes) =>
            name switch
            {
                "all_reduce" when formats[0].Length == 0 => times.AllReduceSeconds(count, bytes),
                "all_gather" or "reduce_scatter" => times.GatherSeconds(count, bytes),
                _ => null,
            };
    }
}
