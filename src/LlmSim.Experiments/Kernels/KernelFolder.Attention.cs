using LlmSim.Performance;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <content>Attention of prompts, of decoding requests, and latent attention.</content>
internal sealed partial class KernelFolder
{
    private const string NoWindow = "0";

    /// <summary>The model whose latent attention the tables have: deepseek-ai/DeepSeek-V3.</summary>
    private static readonly LatentAttention s_measuredLatent = new()
    {
        QueryRank = 1536,
        KvRank = 512,
        RopeHeadSize = 64,
        NopeHeadSize = 128,
        ValueHeadSize = 128,
    };
    private const double MeasuredLatentHidden = 7168;

    private void ReadPromptAttention()
    {
        var builders = new Dictionary<string, KernelGridBuilder>();
        foreach (var row in AttentionRows("context_attention_perf"))
        {
            var rows = row.Batch * row.Heads;
            if (!IsKept(rows))
            {
                continue;
            }

            double tokens = row.Tokens;
            var shape = new PromptAttentionShape(
                row.Batch,
                row.Batch * tokens,
                row.Batch * tokens,
                row.Batch * tokens * (tokens + 1) / 2,
                row.Heads,
                row.KvHeads,
                row.HeadSize,
                row.KvBits / 8.0
            );
            // How many query heads share a KV head hardly changes a prompt's time: steps of a factor of four are enough.
            var group = (int)Math.Pow(4, Math.Round(Math.Log((double)row.Heads / row.KvHeads, 4)));
            Builder(builders, KernelSet.PromptAttentionName(row.HeadSize, row.KvBits))
                .AddAboveRoof(
                    new(rows, row.Tokens, group),
                    row.Seconds / _roofs.PromptAttentionSeconds(shape)
                );
        }

        Build(builders, rank: 3, share: 0.5);
    }

    private void ReadDecodeAttention()
    {
        var builders = new Dictionary<string, KernelGridBuilder>();
        foreach (var row in AttentionRows("generation_attention_perf"))
        {
            var group = row.Heads / row.KvHeads;
            if (!IsPowerOfTwo(group) || row.Heads % row.KvHeads != 0)
            {
                continue;
            }

            var shape = new DecodeAttentionShape(
                row.Batch,
                row.Tokens,
                row.Heads,
                row.KvHeads,
                row.HeadSize,
                row.KvBits / 8.0
            );
            Builder(builders, KernelSet.DecodeAttentionName(row.HeadSize, row.KvBits))
                .AddAboveRoof(
                    new(row.Batch * row.KvHeads, row.Tokens, group),
                    row.Seconds / _roofs.DecodeAttentionSeconds(shape)
                );
        }

        Build(builders, rank: 3, share: 0.5);
    }

    /// <summary>Latent attention with its projections, of which one model was measured.</summary>
    private void ReadLatentAttention(bool isDecode)
    {
        if (Find("mla", isDecode ? "mla_generation_module_perf" : "mla_context_module_perf") is not { } path)
        {
            return;
        }

        var table = KernelTable.Open(path);
        var (formats, kvFormats) = (table.Texts("gemm_type"), table.Texts("kv_cache_dtype"));
        var (heads, batch) = (table.Counts("num_heads"), table.Counts("batch_size"));
        var (isl, step) = (table.Counts("isl"), table.Counts("step", least: 0));
        var seconds = table.Seconds();
        var builders = new Dictionary<string, KernelGridBuilder>();
        for (var i = 0; i < seconds.Length; i++)
        {
            var format = table.Format(formats[i], i);
            var kvBits = KvBits(kvFormats[i]);
            var tokens = isDecode ? step[i] : isl[i];
            double keys = (double)batch[i] * tokens;
            var shape = new LatentAttentionShape(
                s_measuredLatent,
                MeasuredLatentHidden,
                heads[i],
                batch[i],
                isDecode ? batch[i] : keys,
                keys,
                isDecode ? keys : keys * (tokens + 1.0) / 2,
                kvBits / 8.0,
                isDecode
            );
            Builder(builders, KernelSet.LatentName(isDecode, format, kvBits))
                .AddAboveRoof(
                    new(heads[i], batch[i], tokens),
                    seconds[i] / _roofs.LatentAttentionSeconds(format, shape)
                );
        }

        Build(builders, rank: 3, share: 0);
    }

    private IEnumerable<AttentionRow> AttentionRows(string name)
    {
        var table = KernelTable.Open(Require("attention", name));
        var (batch, isl) = (table.Counts("batch_size"), table.Counts("isl"));
        var (heads, kvHeads) = (table.Counts("num_heads"), table.Counts("num_key_value_heads", least: 0));
        var (headSize, step) = (table.Counts("head_dim"), table.Counts("step", least: 0));
        var seconds = table.Seconds();
        var (kvFormats, windows) = (
            table.Texts("kv_cache_dtype"),
            table.OptionalTexts("window_size", seconds.Length)
        );
        for (var i = 0; i < seconds.Length; i++)
        {
            if (windows[i] is NoWindow or "")
            {
                yield return new(
                    batch[i],
                    isl[i] + step[i],
                    heads[i],
                    kvHeads[i] == 0 ? heads[i] : kvHeads[i],
                    headSize[i],
                    KvBits(kvFormats[i]),
                    seconds[i]
                );
            }
        }
    }

    private static int KvBits(string format) => format.StartsWith("fp8", StringComparison.Ordinal) ? 8 : 16;

    private static bool IsPowerOfTwo(int value) => int.IsPow2(value);

    private static bool IsKept(int rows) => IsPowerOfTwo(rows) || (rows % 3 == 0 && IsPowerOfTwo(rows / 3));

    private readonly record struct AttentionRow(
        int Batch,
        int Tokens,
        int Heads,
        int KvHeads,
        int HeadSize,
        int KvBits,
        double Seconds
    );
}
