using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <content>Products of matrices.</content>
internal sealed partial class KernelFolder
{
    /// <summary>
    /// Products, each format from the newest table of the engine whose smallest product is one of a kernel and not of launches, or else from
    /// one of another engine: they run the same libraries. A format without one is left to the nearest that has one.
    /// </summary>
    private void ReadGemm()
    {
        _ = Require("gemm", "gemm_perf");
        foreach (var path in Tables("gemm", "gemm_perf"))
        {
            var table = KernelTable.Open(path);
            var formats = table.Texts("gemm_dtype");
            var (m, n, k) = (table.Counts("m"), table.Counts("n"), table.Counts("k"));
            var seconds = table.Seconds();
            foreach (var rows in Enumerable.Range(0, seconds.Length).GroupBy(i => formats[i]))
            {
                var format = table.Format(rows.Key, rows.First());
                var name = KernelSet.GemmName(format);
                var eager = EagerSeconds(path, format, rows.Min(i => seconds[i]), formats, seconds);
                if (_grids.ContainsKey(name) || rows.Min(i => seconds[i]) - eager > LeastLaunchBoundSeconds)
                {
                    continue;
                }

                var builder = new KernelGridBuilder();
                foreach (var weights in rows.GroupBy(i => (n[i], k[i])))
                {
                    // Fewer tokens can be padded to more: what took longer than more tokens was disturbed.
                    var least = double.PositiveInfinity;
                    foreach (var i in weights.OrderByDescending(i => m[i]))
                    {
                        least = Math.Min(least, seconds[i] - eager);
                        builder.AddAboveRoof(
                            new(m[i], n[i], k[i]),
                            least / _roofs.GemmSeconds(format, m[i], n[i], k[i])
                        );
                    }
                }

                _grids.Add(name, builder.Build(rank: 3, share: 0));
            }
        }

        if (_grids.Count == 0)
        {
            throw new UserErrorException(
                FormattableString.Invariant(
                    $"{_folder}: its smallest products all take more than {LeastLaunchBoundSeconds * 1e6:0} µs: they have launches in them, which engines replay in a graph"
                )
            );
        }
    }

    /// <summary>
    /// What each product of a table has in it that an engine has not: TensorRT-LLM's in fp8 and nvfp4 were measured with the quantization of their
    /// inputs, which it does in the operation before. It is what the smallest product takes more than the smallest in 16 bits.
    /// </summary>
    private static double EagerSeconds(
        string path,
        KernelFormat format,
        double smallest,
        string[] formats,
        double[] seconds
    )
    {
        if (
            (format != KernelFormat.Fp8 && format != KernelFormat.Nvfp4)
            || !EngineOf(path).Equals("trtllm", StringComparison.Ordinal)
        )
        {
            return 0;
        }

        var wide = Enumerable
            .Range(0, seconds.Length)
            .Where(i => formats[i] == KernelFormat.Bf16.Name)
            .Select(i => seconds[i]);
        return wide.Any() ? Math.Max(0, smallest - wide.Min()) : 0;
    }

    /// <summary>The engine of a table: SYSTEM/OPERATION/ENGINE/VERSION/NAME.</summary>
    private static string EngineOf(string path) =>
        Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(path)))!;
}
