namespace LlmSim.Performance;

/// <summary>
/// Times of an instance whose ranks share the tokens of each prompt (context parallelism). A rank has all weights and computes its part of the tokens; in each layer the
/// keys and values of all go round a ring, a shard a step, while the attention to the shard before is computed: pass-KV of Yang et al., arXiv:2411.01783.
/// </summary>
/// <remarks>
/// With a for the attention of a rank in a layer, s for sending a shard and c ranks, a layer takes c − 1 steps of max(a / c, s) and a last one of a / c in the place of a.
/// </remarks>
internal sealed class ContextTime : TimesBeside
{
    private readonly IPromptAttention? _attention;
    private readonly CollectiveTimes _collectives;
    private readonly bool _crossesNodes;
    private readonly int _ranks;
    private readonly (int Layers, double TokenBytes, int WindowTokens)[] _groups;

    private ContextTime(ServedModel served, InstanceSpec instance, IPerformanceModel rank)
        : base(rank)
    {
        _attention = rank as IPromptAttention ?? (rank as TimesBeside)?.PromptAttention;
        _collectives = CollectiveTimes.Measured(instance);
        _ranks = instance.ContextRanks;
        // The ring goes through all nodes, and is as slow as its slowest step.
        _crossesNodes = instance.Accelerators > instance.NodeSize;
        var valueBytes = served.Precision.KvCache.BytesPerValue;
        _groups =
        [
            .. served.Model.AttentionGroups.Select(group =>
                (
                    group.Layers,
                    valueBytes * Values(group, instance.TpSize)
                        + (
                            group.Indexer is { } keys ? (double)keys.Layers * keys.KeyBytes / group.Layers : 0
                        ),
                    group.ForgetsTokens ? group.Window!.Tokens : int.MaxValue
                )
            ),
        ];
    }

    /// <summary>The times of an instance; those of a rank where it has one.</summary>
    /// <param name="served">The model.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="rank">Times of a rank.</param>
    public static IPerformanceModel Of(ServedModel served, InstanceSpec instance, IPerformanceModel rank) =>
        instance.ContextRanks == 1 ? rank : new ContextTime(served, instance, rank);

    /// <inheritdoc />
    public override double Seconds(in IterationBatch batch)
    {
        if (batch.PrefillRequests == 0)
        {
            return Model.Seconds(batch);
        }

        var rank = OfRank(batch);
        return Model.Seconds(rank) + WaitingSeconds(batch, rank);
    }

    /// <inheritdoc />
    public override DecodeTrend Trend(in IterationBatch batch) => Model.Trend(batch);

    /// <summary>Values of a token that each accelerator of a rank holds in a layer.</summary>
    private static double Values(AttentionGroup group, int tpSize) =>
        group.Latent?.CachedSize
        ?? TensorParallelism.KvHeadsEach(group, tpSize) * (group.HeadSize + group.ValueHeadSize);

    /// <summary>What all layers wait for keys and values that have not come when the attention to those before is done.</summary>
    private double WaitingSeconds(in IterationBatch batch, in IterationBatch rank)
    {
        var prompts = rank with
        {
            DecodeRequests = 0,
            DraftTokens = 0,
            AcceptedDraftTokens = 0,
            DecodeComputedTokens = 0,
            DecodeComputedTokensMin = 0,
            DecodeComputedTokensMax = 0,
        };
        var seconds = 0.0;
        for (var i = 0; i < _groups.Length; i++)
        {
            var (layers, tokenBytes, windowTokens) = _groups[i];
            var computed = Math.Min(
                batch.PrefillComputedTokens,
                (double)batch.PrefillRequests * windowTokens
            );
            var shardBytes = Math.Ceiling((batch.PrefillTokens + computed) / _ranks) * tokenBytes;
            var step = (_attention?.LayerSeconds(i, prompts) ?? 0) / _ranks;
            var send = _collectives.SendSeconds(_crossesNodes, shardBytes);
            seconds += layers * (_ranks - 1) * Math.Max(0, send - step);
        }

        return seconds;
    }

    /// <summary>
    /// What one rank computes. A prompt is cut into twice as many equal parts as there are ranks, and each has one from the front and the one as far from the end, so
    /// that all have as many pairs of query and key: as one chunk in the middle. A single token is not divided: all ranks compute it.
    /// </summary>
    private IterationBatch OfRank(in IterationBatch batch)
    {
        var (tokens, chunks) = (0, Array.Empty<PrefillChunk>());
        if (batch.PrefillChunks.IsEmpty)
        {
            tokens = Rows(batch.PrefillTokens, batch.PrefillRequests);
        }
        else
        {
            chunks = new PrefillChunk[batch.PrefillChunks.Length];
            for (var i = 0; i < chunks.Length; i++)
            {
                var whole = batch.PrefillChunks.Span[i];
                var rows = Rows(whole.Tokens, 1);
                chunks[i] = new(rows, whole.ComputedTokens + ((whole.Tokens - rows) / 2));
                tokens += rows;
            }
        }

        return batch with
        {
            PrefillTokens = tokens,
            PrefillComputedTokens = batch.PrefillComputedTokens + ((batch.PrefillTokens - tokens) / 2),
            PrefillAttentionPairs = (batch.PrefillAttentionPairs + _ranks - 1) / _ranks,
            PrefillChunks = chunks,
            GroupTokens = 0,
        };
    }

    /// <summary>Tokens of a rank, parts of each prompt filled up to equal ones: vLLM pads prompts to a multiple of twice the ranks.</summary>
    private int Rows(int tokens, int prompts)
    {
        var parts = 2L * _ranks * prompts;
        return (int)Math.Min(tokens, 2 * prompts * ((tokens + parts - 1) / parts));
    }
}
