using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <content>Latent attention with its projections, of which one model was measured.</content>
internal sealed partial class KernelFolder
{
    /// <summary>The attention itself and its two batched products, for one request with a short context: 9 to 12 µs and 4 each, on Hopper and Blackwell.</summary>
    private const double SmallestLatentSeconds = 20e-6;

    /// <summary>A module that takes so much longer than its parts was measured with something that is none of its kernels.</summary>
    private const double LargestLatentExcessSeconds = 15e-6;

    /// <summary>
    /// From the newest table of the engine whose smallest module takes about what its parts take, or else from one of another engine. Where
    /// there is none, the accelerator's kin lend theirs; where it has none either, what the smallest module takes beyond its parts is taken off the
    /// rows of the engine's newest.
    /// </summary>
    private void ReadLatentAttention(bool isDecode)
    {
        LatentTable[] tables =
        [
            .. Tables("mla", isDecode ? "mla_generation_module_perf" : "mla_context_module_perf")
                .Select(path => LatentTable.Open(path, isDecode)),
        ];
        if (tables.Length == 0)
        {
            return;
        }

        var clean = Array.Find(tables, table => Excess(table) <= LargestLatentExcessSeconds);
        if (clean is null && KernelKin.Of(_hardware).Count > 0)
        {
            return;
        }

        var excess = clean is null ? Excess(tables[0]) : 0;
        var builders = new Dictionary<string, KernelGridBuilder>();
        foreach (var row in (clean ?? tables[0]).Rows)
        {
            var shape = LatentAttentionShape.OfTable(
                isDecode,
                row.Heads,
                row.Batch,
                row.Tokens,
                row.KvBits / 8.0
            );
            Builder(builders, KernelSet.LatentName(isDecode, row.Format, row.KvBits))
                .AddAboveRoof(
                    new(row.Heads, row.Batch, row.Tokens),
                    (row.Seconds - excess) / _roofs.LatentAttentionSeconds(row.Format, shape)
                );
        }

        Build(builders, rank: 3, share: 0);
    }

    /// <summary>What the smallest 16-bit module takes beyond its kernels, whose products were measured alone.</summary>
    private double Excess(LatentTable table)
    {
        var smallest = table.Rows.Where(row => row.Format == KernelFormat.Bf16 && row.KvBits == 16).ToArray();
        if (smallest.Length == 0)
        {
            return 0;
        }

        var heads = smallest.Min(row => row.Heads);
        var module = smallest.Where(row => row.Heads == heads).Min(row => row.Seconds);
        var shape = LatentAttentionShape.OfTable(isDecode: true, heads, requests: 1, tokens: 1, kvBytes: 2);
        var (latent, hidden) = (shape.Latent, shape.Hidden);
        return module
            - SmallestLatentSeconds
            - ProductSeconds(latent.QueryRank + latent.CachedSize, hidden)
            - ProductSeconds(heads * (latent.NopeHeadSize + latent.RopeHeadSize), latent.QueryRank)
            - ProductSeconds(hidden, heads * latent.ValueHeadSize);
    }

    private double ProductSeconds(double n, double k) =>
        _grids[KernelSet.GemmName(KernelFormat.Bf16)].Ratio([1, n, k], out _)
        * _roofs.GemmSeconds(KernelFormat.Bf16, 1, n, k);

    private sealed record LatentTable(IReadOnlyList<LatentRow> Rows)
    {
        public static LatentTable Open(string path, bool isDecode)
        {
            var table = KernelTable.Open(path);
            var (formats, kvFormats) = (table.Texts("gemm_type"), table.Texts("kv_cache_dtype"));
            var (heads, batch) = (table.Counts("num_heads"), table.Counts("batch_size"));
            var (isl, step) = (table.Counts("isl"), table.Counts("step", least: 0));
            var seconds = table.Seconds();
            return new([
                .. Enumerable
                    .Range(0, seconds.Length)
                    .Select(i => new LatentRow(
                        table.Format(formats[i], i),
                        KvBits(kvFormats[i]),
                        heads[i],
                        batch[i],
                        isDecode ? step[i] : isl[i],
                        seconds[i]
                    )),
            ]);
        }
    }

    private readonly record struct LatentRow(
        KernelFormat Format,
        int KvBits,
        int Heads,
        int Batch,
        int Tokens,
        double Seconds
    );
}
