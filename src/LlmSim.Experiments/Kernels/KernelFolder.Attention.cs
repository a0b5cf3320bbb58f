using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <content>Attention of prompts and of decoding requests.</content>
internal sealed partial class KernelFolder
{
    private const string NoWindow = "0";

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
