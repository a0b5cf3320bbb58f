using LlmSim.Engine;

namespace LlmSim.Performance.Measured;

/// <summary>
/// Times from measurements of each layer, interpolated, with communication from the link's latency and bandwidth.
/// docs/performance-models.md has the formula. It counts what it was asked beyond the measurements, so each run has one
/// of its own.
/// </summary>
public sealed class MeasuredModel : IPerformanceModel, IRangeReporting
{
    private readonly int _layers;
    private readonly MeasuredShard _shard;
    private readonly LayerTimes _times;
    private readonly UndividedAttention? _undivided;

    private readonly bool _sharesExperts;

    /// <summary>By tokens: seconds of everything but attention, experts, lm_head and sampler.</summary>
    private readonly double[] _tokenSeconds;

    /// <summary>By tokens of all that share them: seconds of the experts; empty without any.</summary>
    private readonly double[] _expertSeconds;

    /// <summary>By requests: seconds of lm_head and sampler.</summary>
    private readonly double[] _sequenceSeconds;

    private long _beyondTokens;
    private long _beyondSequences;
    private long _beyondAttention;

    /// <summary>A model on an instance.</summary>
    /// <exception cref="UserErrorException">The profile is of something else, or lacks what this needs.</exception>
    public MeasuredModel(
        MeasuredProfile profile,
        ModelDescription model,
        Precision precision,
        InstanceSpec instance
    )
    {
        ProfileMatch.Require(profile, model, precision, instance);
        _layers = model.Layers;
        _shard = profile.Shards[instance.TpSize];
        _times = new(profile, model, precision, instance);
        _undivided = UndividedAttention.Of(model, instance);
        _sharesExperts = instance.ExpertParallel > instance.TpSize;
        _expertSeconds = [.. Enumerable.Range(0, _times.LastExpertTokens + 1).Select(_times.ExpertSeconds)];
        _tokenSeconds = [.. Enumerable.Range(0, _times.LastTokens + 1).Select(_times.TokenSeconds)];
        _sequenceSeconds = [.. Enumerable.Range(0, _times.LastSequences + 1).Select(_times.SequenceSeconds)];
    }

    /// <inheritdoc />
    public long Iterations { get; private set; }

    /// <inheritdoc />
    public long IterationsOutOfRange { get; private set; }

    /// <inheritdoc />
    public IReadOnlyDictionary<string, long> OutOfRange =>
        new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            ["attention"] = _beyondAttention,
            ["per_sequence"] = _beyondSequences,
            ["tokens"] = _beyondTokens,
        };

    /// <inheritdoc />
    public double Seconds(in IterationBatch batch)
    {
        var tokens = Math.Max(batch.Tokens, batch.GroupTokens);
        Invariant.Require(tokens > 0, $"an iteration of {tokens} tokens");
        if (batch is { PrefillTokens: 1, IsPromptFromItsStart: true })
        {
            // Attention was measured as engines schedule it: the only token of a prompt decodes.
            return Seconds(IterationBatch.OfPrompt(1, 0) with { GroupTokens = batch.GroupTokens });
        }

        var expertTokens = _sharesExperts ? Math.Max(tokens, batch.ExpertTokens) : tokens;
        var isBeyondExperts = expertTokens >= _expertSeconds.Length;
        var isBeyondTokens = tokens >= _tokenSeconds.Length;
        var isBeyondSequences = batch.Requests >= _sequenceSeconds.Length;
        var attentionSeconds = AttentionSeconds(batch, out var isBeyondAttention);
        Count(
            isBeyondTokens || (isBeyondExperts && _expertSeconds.Length > 1),
            isBeyondSequences,
            isBeyondAttention
        );
        return (isBeyondTokens ? _times.TokenSeconds(tokens) : _tokenSeconds[tokens])
            + (isBeyondExperts ? _times.ExpertSeconds(expertTokens) : _expertSeconds[expertTokens])
            + _layers * attentionSeconds
            + (isBeyondSequences ? _times.SequenceSeconds(batch.Requests) : _sequenceSeconds[batch.Requests]);
    }

    private double AttentionSeconds(in IterationBatch batch, out bool isBeyond)
    {
        isBeyond = false;
        if (batch.Tokens == 0)
        {
            return 0;
        }

        var mean = batch.DecodeRequests == 0 ? 0 : batch.DecodeComputedTokens / batch.DecodeRequests;
        var seconds = AttentionSeconds(
            batch.PrefillTokens,
            batch.PrefillComputedTokens,
            batch.DecodeRequests,
            mean,
            ref isBeyond
        );
        return seconds
            + (
                batch.PrefillRequests == 0
                    ? UnevenSeconds(batch, mean, seconds, ref isBeyond)
                    : ChunkSeconds(batch, ref isBeyond)
            );
    }

    /// <summary>What decoding alone takes longer because some contexts are longer than the mean.</summary>
    private double UnevenSeconds(in IterationBatch batch, long mean, double evenSeconds, ref bool isBeyond)
    {
        var (requests, longest) = (batch.DecodeRequests, batch.DecodeComputedTokensMax);
        if (requests < 2 || longest == mean)
        {
            return 0;
        }

        // The share α was fitted to batches of both kinds: the larger of the two counts, not their sum.
        var padded = Math.Max(batch.Tokens, batch.GroupTokens);
        var least = _undivided?.LeastSeconds(requests, padded, mean, longest) ?? 0;
        return Math.Max(SkewSeconds(batch, mean, evenSeconds, ref isBeyond), least - evenSeconds);
    }

    private double SkewSeconds(in IterationBatch batch, long mean, double evenSeconds, ref bool isBeyond)
    {
        if (_shard.Skew is not { } skew)
        {
            return 0;
        }

        var (requests, longest) = (batch.DecodeRequests, batch.DecodeComputedTokensMax);
        var shortest = batch.DecodeComputedTokensMin;
        var skewRate = (double)(mean - shortest) / (longest - shortest);
        var alpha = skew.Alpha(prefillTokens: 0, requests, skewRate, longest, prefillComputedTokens: 0);
        return alpha * Math.Max(0, AttentionSeconds(0, 0, requests, longest, ref isBeyond) - evenSeconds);
    }

    /// <summary>What several chunks take longer than one of their sums: each attends to its own keys.</summary>
    private double ChunkSeconds(in IterationBatch batch, ref bool isBeyond)
    {
        if (batch.PrefillChunks.IsEmpty)
        {
            return 0;
        }

        var seconds = -AttentionSeconds(batch.PrefillTokens, batch.PrefillComputedTokens, 0, 0, ref isBeyond);
        foreach (var chunk in batch.PrefillChunks.Span)
        {
            seconds += AttentionSeconds(chunk.Tokens, chunk.ComputedTokens, 0, 0, ref isBeyond);
        }

        return seconds;
    }

    private double AttentionSeconds(
        int prefillTokens,
        long prefillComputedTokens,
        int decodeRequests,
        long decodeComputedTokens,
        ref bool isBeyond
    )
    {
        isBeyond |= !_shard.Attention.Covers(
            prefillTokens,
            prefillComputedTokens,
            decodeRequests,
            decodeComputedTokens
        );
        return _shard.Attention.Seconds(
            prefillTokens,
            prefillComputedTokens,
            decodeRequests,
            decodeComputedTokens
        );
    }

    private void Count(bool isBeyondTokens, bool isBeyondSequences, bool isBeyondAttention)
    {
        Iterations++;
        _beyondTokens += isBeyondTokens ? 1 : 0;
        _beyondSequences += isBeyondSequences ? 1 : 0;
        _beyondAttention += isBeyondAttention ? 1 : 0;
        IterationsOutOfRange += isBeyondTokens || isBeyondSequences || isBeyondAttention ? 1 : 0;
    }
}
